"""What random numbers depend on, as one number."""

import hashlib
from typing import Any


def random_key(*parts: Any) -> int:
    """A key of 63 bits that differs wherever a part does, the same in every process."""
    text = '/'.join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') >> 1

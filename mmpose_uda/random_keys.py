"""Combine what random numbers depend on into one number."""

import hashlib
from typing import Any


def random_key(*parts: Any) -> int:
    """Return a 63-bit key that depends on every part and is the same in every process."""
    text = '/'.join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') >> 1

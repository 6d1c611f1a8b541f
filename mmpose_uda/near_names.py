"""What a misspelt name may have meant."""

import difflib
from collections.abc import Iterable

_FEW = 12  # names that are all listed when none is close


def closest(name: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt name: the names it may have meant."""
    known = sorted(str(k) for k in known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if not near and len(known) > _FEW:
        return 'check its spelling'
    return 'use ' + ' or '.join(f'`{k}`' for k in near or known)

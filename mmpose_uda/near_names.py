"""Find the known names that a misspelt name may have meant."""

import difflib
from collections.abc import Iterable
from typing import Optional

_FEW = 12  # if no name is close, up to this many known names are all listed
# minimum length of a known name for one slip, or two, to be accepted
_LEAST, _LONG = 7, 10
_SHORT = 5  # a shorter name may be any word


def closest(name: str, known: Iterable[str]) -> str:
    """Return a remedy for a misspelt name: the names that it may have meant."""
    known = sorted(str(k) for k in known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if not near and len(known) > _FEW:
        return 'check its spelling'
    return 'use ' + ' or '.join(f'`{k}`' for k in near or known)


def misspelt(name: str, known: Iterable[str]) -> Optional[str]:
    """Return the known name that a name can only be a slip of; None if there is none.

    Accepted are one slip, two in long names, and a name of several words with one of them
    in its long form (``train_config``). A short name with an extra letter counts as another
    word.

    Args:
        name (str): A name that is not known.
        known (Iterable[str]): Names that it may have meant.
    """
    for other in sorted(known):
        if _is_slip(name.lower(), other) or _is_long_form(name, other):
            return other
    return None


def _is_slip(name: str, known: str) -> bool:
    slips = _slips(name, known)
    if len(known) >= _LONG:
        return slips <= 2
    if len(known) >= _LEAST:
        return slips <= 1
    if len(name) > len(known) or len(name) < _SHORT:
        return False  # another word: `models`, `mode`
    return slips <= 1


def _slips(one: str, other: str) -> int:
    """Count letters that are left out, added, replaced or swapped with their neighbour."""
    rows = [list(range(len(other) + 1))]
    for n, letter in enumerate(one, 1):
        row = [n]
        for m, wanted in enumerate(other, 1):
            best = min(rows[-1][m] + 1, row[-1] + 1, rows[-1][m - 1] + (letter != wanted))
            if n > 1 and m > 1 and one[n - 2 : n] == other[m - 1] + other[m - 2]:
                best = min(best, rows[-2][m - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def _is_long_form(name: str, known: str) -> bool:
    words, short = name.split('_'), known.split('_')
    return (
        len(words) == len(short) > 1
        and len(name) > len(known)
        and all(map(_abbreviates, short, words))
    )


def _abbreviates(short: str, word: str) -> bool:
    """Whether ``word`` begins as ``short`` does and has its letters in the same order."""
    letters = iter(word)
    return short[:1] == word[:1] and all(letter in letters for letter in short)

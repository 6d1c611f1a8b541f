"""Everything that is wrong in an annotation file, in one sentence."""

import reprlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Optional

from mmpose_uda.errors import UserError

_SHOWN = 20
_LISTED = 8


class Fault(UserError):
    """One fault of an annotation file.

    Args:
        what (str): What is wrong, with the annotation or image, the field and the file.
        remedy (str): What to do about it.
    """

    def __init__(self, what: str, remedy: str):
        super().__init__(f'{what}: {remedy}.')
        self.what = what
        self.remedy = remedy


def quoted(value: Any) -> str:
    """A value of a file for use in a sentence, shortened if it is long."""
    return reprlib.repr(value)


def listed(ids: Sequence[Any]) -> str:
    """The first ids and how many more there are, for use in a sentence."""
    more = f' and {len(ids) - _LISTED} more' if len(ids) > _LISTED else ''
    return f'{", ".join(map(str, ids[:_LISTED]))}{more}'


def raise_faults(faults: Iterable[Fault], path: str, count: Optional[int] = None) -> None:
    """Raise an error that lists the first twenty faults and counts the rest.

    Args:
        faults (Iterable[Fault]): The faults, possibly none.
        path (str): The file that they are in, which is named only once.
        count (int, optional): How many there are, if known: only the first twenty are
            then taken from ``faults``.

    Raises:
        UserError: There is at least one fault.
    """
    faults = list(faults if count is None else islice(faults, _SHOWN))
    if not faults:
        return
    first, *others = faults
    sentences = [fault.what.replace(f' of `{path}`', '') for fault in others[: _SHOWN - 1]]
    more = (count or len(faults)) - _SHOWN
    if more > 0:
        sentences.append(f'{more} more problems')
    raise Fault('; '.join([first.what, *sentences]), first.remedy)

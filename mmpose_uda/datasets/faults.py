"""What is wrong in an annotation file, all of it in one sentence."""

from collections.abc import Sequence

from mmpose_uda.errors import UserError

_SHOWN = 20


class Fault(UserError):
    """One thing that is wrong.

    Args:
        what (str): What, with the annotation or image, the field and the file.
        remedy (str): What to do about it.
    """

    def __init__(self, what: str, remedy: str):
        super().__init__(f'{what}: {remedy}.')
        self.what = what
        self.remedy = remedy


def raise_faults(faults: Sequence[Fault], path: str) -> None:
    """Tell the first twenty, and how many more there are.

    Args:
        faults (Sequence[Fault]): Perhaps none.
        path (str): The file that they are of, which is named once.

    Raises:
        UserError: There is one.
    """
    if not faults:
        return
    first, *others = faults
    told = [fault.what.replace(f' of `{path}`', '') for fault in others[: _SHOWN - 1]]
    if len(faults) > _SHOWN:
        told.append(f'{len(faults) - _SHOWN} more problems')
    raise Fault('; '.join([first.what, *told]), first.remedy)

"""Work of converters on several files at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

from mmpose_uda.errors import UserError

_Item = TypeVar('_Item')
_Result = TypeVar('_Result')


def done_at_once(
    work: Callable[[_Item], _Result],
    items: Sequence[_Item],
    workers: int,
    what: str,
    unit: str,
) -> list[_Result]:
    """What ``work`` returns of each item, with a bar of progress.

    In threads: OpenCV lets go of the interpreter. After an error what is begun is finished,
    and no more.

    Args:
        work (callable): Does an item.
        items (Sequence): What is to be done.
        workers (int): Items at a time.
        what (str): What the bar is of.
        unit (str): What an item is.

    Raises:
        UserError: There are no workers; or what ``work`` raises.
    """
    if workers < 1:
        raise UserError(f'--workers is {workers}: it must be at least 1.')
    with ThreadPoolExecutor(workers) as pool:
        return list(tqdm(pool.map(work, items), what, len(items), unit=unit))

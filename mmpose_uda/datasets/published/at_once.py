"""Work of converters on several files at the same time."""

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
    """Run ``work`` on each item in threads, and show a progress bar.

    Threads are enough, because OpenCV releases the interpreter lock. After an error, the
    items that were begun are finished, and no others are started.

    Args:
        work (callable): Processes an item.
        items (Sequence): What to process.
        workers (int): Number of items processed at the same time.
        what (str): Title of the progress bar.
        unit (str): What an item is, for the progress bar.

    Returns:
        list: What ``work`` returns for each item.

    Raises:
        UserError: ``workers`` is below 1; or what ``work`` raises.
    """
    if workers < 1:
        raise UserError(f'--workers is {workers}: it must be at least 1.')
    with ThreadPoolExecutor(workers) as pool:
        return list(tqdm(pool.map(work, items), what, len(items), unit=unit))

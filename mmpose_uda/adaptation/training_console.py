"""What a training beside says: all of it in a file, steps and warnings where one waits."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

_STEP = re.compile(r'Iter\(train\) *\[ *(\d+)/(\d+)\]')
_SAVED = re.compile(r'Saving checkpoint at (\d+) iterations')
_WARNING = re.compile(r' - (?:WARNING|ERROR|CRITICAL) - (.*)')
# mmengine's, of itself
_DEPRECATED = ('"FileClient" ', '"HardDiskBackend" ')


def show_training(lines: Iterable[str], log: Path, title: str) -> None:
    """Append lines of a training to a file, and draw a bar of its steps.

    mmengine prints the whole config, the machine and the order of hooks first, some
    hundred lines.

    Args:
        lines (Iterable[str]): What it prints, as it comes.
        log (Path): The file.
        title (str): Of the bar.
    """
    with (
        open(log, 'a', encoding='utf-8') as file,
        tqdm(desc=title, unit='step') as bar,
    ):
        for line in lines:
            file.write(line)
            file.flush()
            if step := _STEP.search(line):
                done, total = map(int, step.groups())
                if bar.total is None:  # one that goes on does not begin at 0
                    bar.reset(total)
                    bar.initial = bar.n = done
                bar.update(done - bar.n)
            elif bar.total and (saved := _SAVED.search(line)):  # the last is not logged
                bar.update(int(saved[1]) - bar.n)
            elif warning := _WARNING.search(line):
                if not warning[1].startswith(_DEPRECATED):
                    bar.write(f'warning: {warning[1]}', file=sys.stderr)

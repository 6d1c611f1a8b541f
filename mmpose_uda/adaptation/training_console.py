"""The output of a child training: everything in a file, steps and warnings on screen."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

_STEP = re.compile(r'Iter\(train\) *\[ *(\d+)/(\d+)\]')
_SAVED = re.compile(r'Saving checkpoint at (\d+) iterations')
_WARNING = re.compile(r' - (?:WARNING|ERROR|CRITICAL) - (.*)')
# deprecation warnings that mmengine causes itself
_DEPRECATED = ('"FileClient" ', '"HardDiskBackend" ')


def show_training(lines: Iterable[str], log: Path, title: str) -> None:
    """Append the output of a training to a file, and show its steps as a progress bar.

    Not all is shown, because mmengine first prints the whole config, the machine and the
    order of hooks, some hundred lines.

    Args:
        lines (Iterable[str]): The lines of its output, as they come.
        log (Path): The file.
        title (str): Title of the progress bar.
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
                if bar.total is None:  # a resumed training does not begin at 0
                    bar.reset(total)
                    bar.initial = bar.n = done
                bar.update(done - bar.n)
            elif bar.total and (saved := _SAVED.search(line)):  # logs lack the last
                bar.update(int(saved[1]) - bar.n)
            elif warning := _WARNING.search(line):
                if not warning[1].startswith(_DEPRECATED):
                    bar.write(f'warning: {warning[1]}', file=sys.stderr)

"""What trainings logged of their steps."""

import json
from collections.abc import Sequence
from pathlib import Path

EACH_STEP = {'default_hooks.logger.interval': 1, 'log_processor.window_size': 1}
"""Options of a training that logs how long each step takes.

Without the second, times are means of the last steps, the slow first ones among them.
"""


def read_scalars(work_dir: Path) -> list[dict]:
    """The lines that a training logged, in order.

    Args:
        work_dir (Path): Of the training, which may have been resumed.
    """
    lines: dict[int, dict] = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for text in path.read_text('utf-8').splitlines():
            line = json.loads(text)
            if 'lr' in line:
                lines[line['step']] = line
    return [lines[step] for step in sorted(lines)]


def seconds_a_step(lines: Sequence[dict]) -> float:
    """How long steps took, the first half of them, of which some are slower, not counted.

    Args:
        lines (Sequence[dict]): Of :func:`read_scalars`, one a step.
    """
    times = [line['time'] for line in lines]
    later = times[len(times) // 2 :]
    return sum(later) / len(later)

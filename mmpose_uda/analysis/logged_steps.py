"""Read what trainings logged about their steps."""

import json
from collections.abc import Sequence
from pathlib import Path

EACH_STEP = {'default_hooks.logger.interval': 1, 'log_processor.window_size': 1}
"""Options of a training that logs the duration of each step.

Without the second, logged times are means over recent steps, including slow first ones.
"""


def read_scalars(work_dir: Path) -> list[dict]:
    """Read the lines that a training logged, in order of their steps.

    Args:
        work_dir (Path): Work dir of the training, which may have been resumed.
    """
    lines: dict[int, dict] = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for text in path.read_text('utf-8').splitlines():
            line = json.loads(text)
            if 'lr' in line:
                lines[line['step']] = line
    return [lines[step] for step in sorted(lines)]


def seconds_per_step(lines: Sequence[dict]) -> float:
    """Mean seconds per step over the second half of the steps, as early ones are slower.

    Args:
        lines (Sequence[dict]): From :func:`read_scalars`, one per step.
    """
    times = [line['time'] for line in lines]
    later = times[len(times) // 2 :]
    return sum(later) / len(later)

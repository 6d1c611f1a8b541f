"""Finding the checkpoints of a run."""

import os
import os.path as osp
import re
from typing import Optional

_OF_A_STEP = re.compile(r'(iter|epoch)_\d+\.pth')


def last_checkpoint(work_dir: str) -> Optional[str]:
    """Return the path of the last checkpoint in a work dir; None if there is none.

    It is the one that mmengine recorded. If the folder has been moved since, the recorded
    path is outdated, and the file is taken from where the folder is now. If none is
    recorded, or the recorded one is missing, it is the newest file; without any file, the
    recorded path, which loading then reports as missing.
    """
    noted = _noted(work_dir)
    if noted is not None:
        for path in (osp.join(work_dir, osp.basename(noted)), noted):
            if osp.isfile(path):
                return path
    there = step_checkpoints(work_dir)
    return max(there, key=osp.getmtime) if there else noted


def step_checkpoints(work_dir: str) -> list[str]:
    """Return the paths of the checkpoints of steps and epochs in a work dir."""
    names = os.listdir(work_dir) if osp.isdir(work_dir) else []
    return [osp.join(work_dir, name) for name in names if _OF_A_STEP.fullmatch(name)]


def _noted(work_dir: str) -> Optional[str]:
    try:
        with open(osp.join(work_dir, 'last_checkpoint'), encoding='utf-8') as file:
            return file.read().strip() or None
    except (OSError, UnicodeDecodeError):
        return None

"""Finding the checkpoints of a run."""

import os.path as osp
from typing import Optional

from mmengine.runner import find_latest_checkpoint


def last_checkpoint(work_dir: str) -> Optional[str]:
    """Path of the last checkpoint in a work dir; None if there is none.

    mmengine notes the path that the folder had when the checkpoint was written; where
    the folder was moved since, the file is taken from where it is now.
    """
    path = find_latest_checkpoint(work_dir)
    if path is None:
        return None
    moved = osp.join(work_dir, osp.basename(path))
    return moved if osp.isfile(moved) else path

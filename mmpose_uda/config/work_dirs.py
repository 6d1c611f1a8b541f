"""The folder of a run, which no other run shares."""

import fcntl
import os
import os.path as osp
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape, glob
from typing import Any, Optional

from mmengine.config import Config

from mmpose_uda.config.checkpoints import step_checkpoints
from mmpose_uda.config.kept_text import changes, in_words, read_text
from mmpose_uda.errors import UserError, writing

_LOCK = '.lock'
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')  # of torchrun, Slurm and MPI


def set_work_dir(cfg: Config, work_dir: Optional[str], suffix: str = '') -> None:
    """Choose the folder: the argument's, the config's or ``./work_dirs/<its name>``.

    Args:
        cfg (Config): Its ``work_dir`` is set.
        work_dir (str, optional): The folder that was asked for.
        suffix (str): End of the folder's name, unless one was asked for.
    """
    name = osp.splitext(osp.basename(cfg.filename))[0]
    default = cfg.get('work_dir') or osp.join('./work_dirs', name)
    cfg.work_dir = work_dir or default + suffix


@contextmanager
def own_work_dir(cfg: Config) -> Iterator[None]:
    """Keep other trainings out of ``cfg.work_dir`` while one is running.

    The system releases the lock when the process ends, however it ends.

    Raises:
        UserError: Another training writes there, or the folder is not writable.
    """
    if _is_helper(cfg):
        yield
        return
    path = osp.join(cfg.work_dir, _LOCK)
    with writing(path):
        lock = open(path, 'a')
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f'Another training is writing to {cfg.work_dir}: wait until it ends, or '
                'name another --work-dir.'
            ) from error
        except OSError:
            pass  # some network file systems support no locks
        yield


def check_new(cfg: Config) -> None:
    """Refuse to begin in a folder with checkpoints of another config.

    Those of the same config are overwritten, because it gives the same ones.

    Raises:
        UserError: They would be overwritten, or mixed with those of this run.
    """
    if not step_checkpoints(cfg.work_dir):
        return
    own = osp.basename(cfg.filename)
    there = sorted(map(osp.basename, glob(osp.join(escape(cfg.work_dir), '*.py'))))
    if there and own not in there:
        raise UserError(
            f'{cfg.work_dir} has the checkpoints of {there[0]}, and this is {own}: name '
            'another --work-dir, or remove them.'
        )
    old = _noted(osp.join(cfg.work_dir, own))
    if old and (found := changes(old, cfg)):
        raise UserError(
            f'{cfg.work_dir} has the checkpoints of another {own} ({in_words(found)}): '
            'name another --work-dir, or remove them, or go on from them with --resume.'
        )


def _noted(path: str) -> Optional[dict[str, Any]]:
    """The config that a run left in its folder; None if it cannot be read."""
    try:
        with open(path, encoding='utf-8') as file:
            return read_text(file.read())
    except (OSError, UnicodeDecodeError):
        return None


def _is_helper(cfg: Config) -> bool:
    """Whether this is one of several processes, and not the one that writes."""
    if cfg.get('launcher', 'none') == 'none':
        return False
    rank = next((os.environ[name] for name in _RANKS if name in os.environ), '0')
    return rank != '0'

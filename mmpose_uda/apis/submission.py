"""Files for the servers of held-back evaluations: ``tools/test.py --dump-submission``."""

import os.path as osp

from mmengine.config import Config
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from mmpose_uda.errors import UserError


def set_submission(cfg: Config, path: str) -> None:
    """Let the test of a config write a file for a server instead of scoring.

    The labels of the evaluation are not read, so that no prediction can depend on them, and
    no frame is left out for lack of one.

    Args:
        cfg (Config): With ``test_dataloader``.
        path (str): Path of the archive.

    Raises:
        UserError: ``path`` is not a .zip, its folder is missing, or the test data are not a
            split that a server scores.
    """
    if not path.endswith('.zip'):
        raise UserError(f'--dump-submission {path} is not a zip file: name it FILE.zip.')
    if not osp.isdir(osp.dirname(path) or '.'):
        raise UserError(f'There is no folder for --dump-submission {path}: make it.')
    dataset = cfg.test_dataloader.dataset
    server = getattr(DATASETS.get(str(dataset.type)), 'SERVER', None)
    if server is None or dataset.get('split') != 'evaluation':
        raise UserError(
            'No server that --dump-submission knows scores the test data, a '
            f'{dataset.type} with the split {dataset.get("split")!r}: test on FreiHAND or '
            "HO3D with split='evaluation' (test_dataloader.dataset)."
        )
    dataset.update(labels=False, require_3d=False)
    cfg.test_evaluator = [dict(type='HandSubmission', out=path, server=server)]


def require_all_frames(dataset: Dataset) -> None:
    """Check that a data set is the whole split.

    Raises:
        UserError: It is only a part of it.
    """
    if len(dataset) != dataset.num_frames:
        raise UserError(
            f'A server scores all {dataset.num_frames} frames of its evaluation, but the '
            f'test data have only {len(dataset)}: remove `indices` and anything else that '
            'selects frames from test_dataloader.dataset.'
        )

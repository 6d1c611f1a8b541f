"""Files for the servers of held-back evaluations: ``tools/test.py --dump-submission``."""

import os.path as osp

from mmengine.config import Config
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from mmpose_uda.errors import UserError


def set_submission(cfg: Config, path: str) -> None:
    """Let the test of a config write a file for a server instead of scoring.

    The labels of the evaluation are not read: no prediction can depend on them, and no
    frame is left out for want of one.

    Args:
        cfg (Config): With ``test_dataloader``.
        path (str): The archive.

    Raises:
        UserError: It is no .zip, its folder is missing, or the test data are no split that
            a server scores.
    """
    if not path.endswith('.zip'):
        raise UserError(f'--dump-submission {path} is no archive: name it FILE.zip.')
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
        UserError: It is a part.
    """
    if len(dataset) != dataset.num_frames:
        raise UserError(
            f'A server scores all {dataset.num_frames} frames of its evaluation, and the '
            f'test data are {len(dataset)} of them: take `indices` and what else chooses '
            'some out of test_dataloader.dataset.'
        )

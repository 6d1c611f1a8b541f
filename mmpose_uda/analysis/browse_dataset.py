"""Draw a contact sheet of a config's data: ``browse_dataset.py``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional, Union

from mmengine.config import Config
from mmpose.registry import DATASETS

from mmpose_uda.analysis.shown_data import pair_columns, sample_columns
from mmpose_uda.analysis.teacher_labels import Labels, teacher_labels
from mmpose_uda.config import (
    load_config,
    make_readable,
    require,
    set_work_dir,
    user_errors,
)
from mmpose_uda.datasets import SourceTargetDataset
from mmpose_uda.datasets.draws import Draw
from mmpose_uda.errors import UserError
from mmpose_uda.views import TARGET_TEACHER
from mmpose_uda.visualization import data_sheet, save_picture

_TARGET_VIEWS = (TARGET_TEACHER, 'target_student')


def browse_dataset(
    config: str,
    out: Optional[Union[str, Path]] = None,
    num: int = 8,
    split: str = 'train',
    views: Optional[Sequence[str]] = None,
    checkpoint: Optional[str] = None,
    cfg_options: Optional[dict[str, Any]] = None,
) -> Path:
    """Draw the data of a config as they reach the network.

    Each row is one draw. A column shows either whole images, with their boxes and the
    frames of their views, or one view. Labelled keypoints are drawn, and the foreground is
    tinted if there is a mask.

    Args:
        config (str): Path of a config of this package or of plain mmpose.
        out (path, optional): Picture to write, .jpg or .png. Defaults to
            ``data_<split>.jpg`` in the work dir.
        num (int): Number of rows.
        split (str): 'train', 'val' or 'test'.
        views (Sequence[str], optional): Views of a :class:`SourceTargetDataset`. Defaults
            to all.
        checkpoint (str, optional): A checkpoint whose teacher labels the target in its own
            view; the labels are also mapped into the student's view.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Returns:
        Path: The picture.

    Raises:
        UserError: Something that the user can fix.
    """
    if num < 1:
        raise UserError(f'--num {num} draws nothing: let --num be 1 or more.')
    cfg = load_config(config, cfg_options)
    set_work_dir(cfg, None)
    require(cfg, f'{split}_dataloader')
    make_readable(cfg)
    with user_errors(cfg):
        dataset = DATASETS.build(cfg[f'{split}_dataloader'].dataset)
        if isinstance(dataset, SourceTargetDataset):
            columns = _columns_of_pairs(cfg, dataset, num, views, checkpoint)
        else:
            _refuse_views(cfg, split, views, checkpoint)
            columns = sample_columns(dataset, num, split)
        sheet = data_sheet(columns, dataset.metainfo)
    return save_picture(out or Path(cfg.work_dir, f'data_{split}.jpg'), sheet)


def _columns_of_pairs(
    cfg: Config,
    dataset: SourceTargetDataset,
    num: int,
    views: Optional[Sequence[str]],
    checkpoint: Optional[str],
) -> dict[str, list]:
    if views is not None:
        dataset.set_active_views(views)
    labels: dict[str, list[Labels]] = {}
    if checkpoint is not None:
        for view in _TARGET_VIEWS:
            if view not in dataset.views:
                raise UserError(
                    f'--checkpoint shows labels in {" and ".join(_TARGET_VIEWS)}, but '
                    f'the data have no view `{view}`: leave --checkpoint out.'
                )
        pairs = [dataset[Draw(draw, _TARGET_VIEWS)] for draw in range(num)]
        labels = teacher_labels(cfg.model, checkpoint, pairs)
    return pair_columns(dataset, num, labels)


def _refuse_views(
    cfg: Config, split: str, views: Optional[Sequence[str]], checkpoint: Optional[str]
) -> None:
    for option, value in (('--views', views), ('--checkpoint', checkpoint)):
        if value is not None:
            raise UserError(
                f'{option} is about the views of a SourceTargetDataset, but '
                f'`{split}_dataloader` in {cfg.filename} has a '
                f'{cfg[f"{split}_dataloader"].dataset.type}: leave the option out.'
            )

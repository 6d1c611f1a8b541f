"""The model that an adaptation starts from."""

import os
import os.path as osp
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.config import require_checkpoint, user_errors
from mmpose_uda.convert.stock_config import StockConfig, examine, is_crop
from mmpose_uda.datasets.keypoint_names import keypoint_names, require_same_keypoints
from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.deploy.deployed_config import keypoint_definition
from mmpose_uda.deploy.export import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    fitting_estimator,
    select_weights,
)
from mmpose_uda.deploy.load_estimator import check_export
from mmpose_uda.errors import UserError
from mmpose_uda.models.observation import STATISTICS_FILE
from mmpose_uda.models.pose_estimators.plain_checkpoint import TEACHER, as_adapted

# Squared errors of heatmaps are about _SQUARED_SCALE times as large as other losses.
_SQUARED = ('CombinedTargetMSELoss', 'KeypointMSELoss', 'KeypointOHKMMSELoss')
_SQUARED_SCALE = 0.01


@dataclass(frozen=True)
class Start:
    """A trained model, and what its adaptation depends on.

    Args:
        name (str): As the user named it.
        base (str): Path of its config, or 'mmpose::...'.
        stock (StockConfig): What is known of that config.
        checkpoint (dict): ``state_dict`` and ``meta`` with ``dataset_meta``.
        metainfo (dict): Definition of its keypoints, in mmpose's format.
    """

    name: str
    base: str
    stock: StockConfig
    checkpoint: dict[str, Any]
    metainfo: dict[str, Any]

    @property
    def statistics(self) -> Optional[Path]:
        """Path of the source statistics beside it, if they exist."""
        path = Path(self.base).with_name(STATISTICS_FILE)
        return path if path.is_file() else None

    @property
    def cfg(self) -> Config:
        """Contents of its config."""
        return self.stock.cfg

    @property
    def is_3d(self) -> bool:
        """Whether it predicts poses in mm."""
        decoder = self.cfg.model.head.get('decoder') or {}
        return 'depth_range' in decoder

    @property
    def trains(self) -> bool:
        """Whether its config defines how images are augmented."""
        return self.cfg.get('train_dataloader') is not None

    @property
    def names_a_file(self) -> bool:
        """Whether its keypoints are defined in a file of mmpose's own."""
        return 'from_file' in self.metainfo

    @property
    def mirrors(self) -> bool:
        """Whether images may be mirrored: in 2D, if left and right have names."""
        indices = self.parsed['flip_indices']
        return not self.is_3d and list(indices) != sorted(indices)

    @property
    def parsed(self) -> dict[str, Any]:
        """mmpose's ``dataset_meta``."""
        return parse_pose_metainfo(dict(self.metainfo))

    @property
    def skeleton(self) -> list[list[int]]:
        """Bones as pairs of keypoints."""
        return [list(link) for link in self.parsed['skeleton_links']]

    @property
    def loss_scale(self) -> float:
        """Approximate size of its head's loss, relative to a loss of about 1."""
        loss = self.cfg.model.head.get('loss') or {}
        scale = _SQUARED_SCALE if loss.get('type') in _SQUARED else 1.0
        return scale * loss.get('loss_weight', 1.0)

    @property
    def box_step(self) -> dict[str, Any]:
        """The step of its test pipeline that turns a box into a centre and a scale."""
        steps = self.cfg.test_dataloader.dataset.pipeline
        found = (dict(s) for s in steps if class_name(s) == 'GetBBoxCenterScale')
        return next(found, dict(type='GetBBoxCenterScale'))

    @property
    def crop_step(self) -> dict[str, Any]:
        """The step of its test pipeline that cuts out a crop, under mmpose's name."""
        steps = self.cfg.test_dataloader.dataset.pipeline
        return dict(next(s for s in steps if is_crop(s)), type='TopdownAffine')


def read_start(model: str, checkpoint: Optional[str] = None) -> Start:
    """Read a starting model.

    Args:
        model (str): An export (folder or its ``config.py``), or an mmpose config.
        checkpoint (str, optional): Weights of a config; an export has its own.

    Raises:
        UserError: It is not a top-down estimator that can give pseudo labels, there are no
            weights, or their keypoints are different ones.
    """
    base = model
    if osp.isdir(model):
        check_export(model, checkpoint)
        base = osp.join(model, CONFIG_FILE)
    stock = examine(base, trains=False)
    if not stock.has_distributions:
        raise UserError(
            f'The {stock.head} of {model} gives no keypoints with a confidence, so the '
            'model cannot make pseudo labels: give a model with another head, or use '
            '`mmpose_uda convert` with a source.'
        )
    path = checkpoint or str(Path(base).with_name(WEIGHTS_FILE))
    if checkpoint:
        require_checkpoint(checkpoint)
    elif not osp.isfile(path):
        raise UserError(
            f'A config has no weights: name the weights of {model} as --checkpoint, a file '
            'or a URL.'
        )
    with user_errors(stock.cfg):
        loaded = CheckpointLoader.load_checkpoint(path, 'cpu')
    metainfo = _definition(stock)
    content = _with_meta(loaded, metainfo, path, model)
    weights = select_weights(as_adapted(content['state_dict']), TEACHER)
    fitting_estimator(stock.cfg.model, weights, model)
    return Start(model, base, stock, content, metainfo)


def _definition(stock: StockConfig) -> dict[str, Any]:
    """The definition of its keypoints, read from a file if that is the user's."""
    if stock.cfg.get('train_dataloader') is None:
        definition = keypoint_definition(stock.cfg)
        if definition is not None:
            return dict(definition)
    definition = dict(stock.metainfo)
    path = definition.get('from_file', '')
    if os.path.isfile(path):
        return dict(Config.fromfile(path).dataset_info)
    return definition


def _with_meta(
    loaded: Any, metainfo: dict[str, Any], path: str, model: str
) -> dict[str, Any]:
    """The checkpoint with the definition of its keypoints in its ``meta``."""
    if not isinstance(loaded, dict):
        raise UserError(f'{path} has no dict of weights: name a checkpoint of {model}.')
    content = loaded if 'state_dict' in loaded else dict(state_dict=loaded)
    expected = parse_pose_metainfo(dict(metainfo))
    meta = dict(content.get('meta') or {})
    own = meta.get('dataset_meta')
    if isinstance(own, dict) and 'keypoint_id2name' in own:
        require_same_keypoints(
            {model: keypoint_names(expected), path: keypoint_names(own)},
            'name the checkpoint of this config',
        )
    else:
        meta['dataset_meta'] = expected
    return dict(state_dict=content['state_dict'], meta=meta)

"""Measure what a 3D config must know about its source: bone lengths and depths."""

from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any, Optional

from mmengine.config import Config

from mmpose_uda.analysis.data_check.parts import Part, find_parts
from mmpose_uda.config import load_config, make_readable, user_errors
from mmpose_uda.datasets.source_measures import (
    LabelledPoses,
    SourceMeasures,
    labelled_poses,
    measure_poses,
)
from mmpose_uda.errors import UserError

_CODEC = 'Pose3DLabel'


def measure_source(
    config: str, cfg_options: Optional[dict[str, Any]] = None
) -> SourceMeasures:
    """Measure the settings of a 3D config's codec on the source's labelled samples.

    No image is decoded. Invisible keypoints do not count. Several sources are measured as
    one. Built-in data are generated if they do not exist yet.

    Args:
        config (str): Path of a config with a ``Pose3DLabel``, whose ``skeleton`` and
            ``root`` are used, and a source whose samples have ``keypoints_3d``
            [N, K, 3], mm.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Returns:
        SourceMeasures: The values of ``depth_range`` and ``total_length``.

    Raises:
        UserError: The config cannot be read, names no source or has no ``Pose3DLabel``,
            or the source has no 3D labels or not the keypoints of the codec.
    """
    cfg = load_config(config, cfg_options)
    codec = next(_codecs(cfg.to_dict().get('model')), None)
    if codec is None:
        raise UserError(
            f'The model of {config} has no {_CODEC}: name a 3D config, since a 2D head '
            'needs no measurements.'
        )
    make_readable(cfg)
    sources = [
        part
        for part in find_parts(cfg)
        if part.is_trained_on and not part.role.startswith('target')
    ]
    if not sources:
        raise UserError(f'The config {config} names no source: add a `train_dataloader`.')
    labels = [label for part in sources for label in _labels(part, cfg)]
    return measure_poses(labels, codec['skeleton'], codec.get('root', 0))


def _codecs(node: Any) -> Iterator[dict]:
    """Yield all 3D codecs in a part of a config."""
    if isinstance(node, dict):
        if node.get('type') == _CODEC:
            yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for value in node:
            yield from _codecs(value)


def _labels(part: Part, cfg: Config) -> Iterator[Optional[LabelledPoses]]:
    """Yield the labelled poses of each sample; None without 3D labels."""
    with user_errors(cfg), redirect_stdout(None):  # loading COCO files prints messages
        part.dataset.full_init()
        for index in range(len(part.dataset)):
            yield labelled_poses(part.dataset.get_data_info(index))

"""What stock mmpose has in the place of this package's data parts."""

import pprint
from pathlib import Path
from typing import Any

from mmpose.registry import DATASETS

from mmpose_uda.datasets.metainfo import named_metainfo

METAINFO_FILE = 'metainfo.py'

# Type of this package -> type of mmpose, and the arguments that it has not.
_TYPES = {
    'PoseDataset': ('CocoDataset', {'labels', 'require_3d'}),
    'LoadPoseImage': ('LoadImage', set()),
    'TopdownAffine3D': ('TopdownAffine', set()),
    'PackPoseView': ('PackPoseInputs', {'extra_meta_keys'}),
}


def with_stock_parts(value: Any) -> Any:
    """A copy of the test data and metrics of a 2D config, in parts that mmpose has.

    The literature's crop PCK becomes mmpose's PCK by the box.

    Args:
        value (Any): Nested dicts and lists of a config.
    """
    if isinstance(value, (list, tuple)):
        return [with_stock_parts(item) for item in value if not _only_here(item)]
    if not isinstance(value, dict):
        return value
    kind = value.get('type')
    if kind == 'CropPCK':
        return dict(type='PCKAccuracy', thr=value.get('thr', 0.05), norm_item='bbox')
    if kind not in _TYPES:
        return {key: with_stock_parts(item) for key, item in value.items()}
    stock, dropped = _TYPES[kind]
    kept = {k: with_stock_parts(v) for k, v in value.items() if k not in dropped}
    kept['type'] = stock
    if kind == 'PoseDataset':
        # Resolved when the config is read, so the folder can be moved.
        kept['metainfo'] = dict(from_file='{{ fileDirname }}/' + METAINFO_FILE)
    return kept


def _only_here(config: Any) -> bool:
    """Whether stock mmpose has, and needs, nothing in place of a part."""
    return isinstance(config, dict) and config.get('type') == 'LoadPoseMask'


def write_metainfo(dataset: dict, path: Path) -> None:
    """Write the keypoint definition of a data set's config as mmpose reads it.

    In a file of its own: mmengine sorts the keypoints of a config that it writes by the
    text of their numbers, whereupon mmpose mixes up what flips into what.
    """
    metainfo = dataset.get('metainfo') or DATASETS.get(dataset['type']).METAINFO
    if isinstance(metainfo, str):
        metainfo = named_metainfo(metainfo)
    text = pprint.pformat(dict(metainfo), sort_dicts=False)
    path.write_text(f'dataset_info = {text}\n')

"""Stock mmpose's counterparts of this package's parts."""

import inspect
from typing import Any, Optional

from mmpose.datasets import CocoDataset
from mmpose.registry import DATASETS

from mmpose_uda.datasets.pose_dataset import PoseDataset
from mmpose_uda.datasets.published import PublishedDataset
from mmpose_uda.models.backbones import EfficientNetLite0

# Type in this package -> type in mmpose, the arguments that the latter lacks, and arguments
# that it needs if the config does not set them.
_TYPES = {
    'LoadPoseImage': ('LoadImage', set(), {}),
    'TopdownAffine3D': ('TopdownAffine', set(), {}),
    'PackPoseView': ('PackPoseInputs', {'extra_meta_keys'}, {}),
    'MaskedVisionTransformer': ('mmpretrain.VisionTransformer', {'stem'}, {}),
    'EfficientNetLite0': (
        'mmpretrain.TIMMBackbone',
        {'pretrained'},
        dict(EfficientNetLite0.TIMM, out_indices=(3,)),
    ),
}
# They change nothing without masks or the side of a hand, which no stock data set has.
_OF_OWN_DATA = ('LoadPoseMask', 'MirrorRightHand')
_COCO_FILE = 'annotations/test.json'


def with_stock_parts(value: Any) -> Any:
    """Return a copy of a 2D estimator's config with stock mmpose's parts.

    Parts without a counterpart stay. CropPCK becomes mmpose's PCK relative to the box; with
    a protocol of the literature it is left out.

    A public data set becomes a COCO data set of the same folder, with annotations in
    ``annotations/test.json``. No such file is published: stock mmpose infers without it,
    and a test reports it as missing.

    Args:
        value (Any): Nested dicts and lists of a config.
    """
    if isinstance(value, (list, tuple)):
        kept = (with_stock_parts(item) for item in value if not _only_here(item))
        return type(value)(kept)
    if not isinstance(value, dict):
        return value
    kind = value.get('type')
    if kind == 'CropPCK':
        # Without prefix, because it is another metric than that of the training.
        return dict(type='PCKAccuracy', thr=value.get('thr', 0.05), norm_item='bbox')
    if dataset := replaced_dataset(kind):
        return _coco_dataset(value, dataset)
    if kind not in _TYPES or value.get('stem', 'patch') != 'patch':
        return {key: with_stock_parts(item) for key, item in value.items()}
    stock, dropped, needed = _TYPES[kind]
    kept = {k: with_stock_parts(v) for k, v in value.items() if k not in dropped}
    return {**needed, **kept, 'type': stock}


def replaced_dataset(kind: Any) -> Optional[type[PoseDataset]]:
    """The class of a data set that becomes mmpose's ``CocoDataset``, else None.

    Args:
        kind (Any): The ``type`` in its config.
    """
    dataset = DATASETS.module_dict.get(kind)
    if dataset is PoseDataset:
        return dataset
    is_published = inspect.isclass(dataset) and issubclass(dataset, PublishedDataset)
    return dataset if is_published else None


def _coco_dataset(config: dict, dataset: type[PoseDataset]) -> dict:
    known = inspect.signature(CocoDataset).parameters
    kept = {key: with_stock_parts(item) for key, item in config.items() if key in known}
    kept['type'] = 'CocoDataset'
    if dataset is PoseDataset:
        kept.setdefault('data_prefix', dict(img='images/'))  # its default
    else:
        kept.update(ann_file=_COCO_FILE, data_prefix=dict(img=''))
    return kept


def _only_here(config: Any) -> bool:
    """Whether a part can be left out, and has no counterpart in stock mmpose."""
    if not isinstance(config, dict):
        return False
    is_idle = config.get('type') in _OF_OWN_DATA
    return is_idle or config.get('protocol', 'subpixel') != 'subpixel'

"""What stock mmpose has in the place of this package's parts."""

from typing import Any

# Type of this package -> type of mmpose, and the arguments that it has not.
_TYPES = {
    'PoseDataset': ('CocoDataset', {'labels', 'masks', 'require_3d'}),
    'LoadPoseImage': ('LoadImage', set()),
    'TopdownAffine3D': ('TopdownAffine', set()),
    'PackPoseView': ('PackPoseInputs', {'extra_meta_keys'}),
    'MaskedVisionTransformer': ('mmpretrain.VisionTransformer', {'stem'}),
}


def with_stock_parts(value: Any) -> Any:
    """A copy of a 2D estimator's config in parts that mmpose has.

    What mmpose has nothing for stays. A crop PCK becomes mmpose's PCK by the box; that of
    a protocol of the literature is left out.

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
        # Without prefix: another measure than that of the training has another name.
        return dict(type='PCKAccuracy', thr=value.get('thr', 0.05), norm_item='bbox')
    if kind not in _TYPES or value.get('stem') == 'conv':
        return {key: with_stock_parts(item) for key, item in value.items()}
    stock, dropped = _TYPES[kind]
    kept = {k: with_stock_parts(v) for k, v in value.items() if k not in dropped}
    kept['type'] = stock
    if kind == 'PoseDataset':
        kept.setdefault('data_prefix', dict(img='images/'))  # its default
    return kept


def _only_here(config: Any) -> bool:
    """Whether stock mmpose has nothing in place of a part that others can do without."""
    if not isinstance(config, dict):
        return False
    is_mask = config.get('type') == 'LoadPoseMask'
    return is_mask or config.get('protocol', 'subpixel') != 'subpixel'

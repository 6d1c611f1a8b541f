"""Configs that inherit from those of the mmpose wheel, on tiny data."""

import itertools
from pathlib import Path
from typing import Any

from data_factory import write_pose_dataset
from mmengine.config import Config
from mmpose.datasets.datasets import CocoDataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.datasets.keypoint_names import keypoint_names

STOCK_DIR = Path(__file__).parents[1] / 'configs' / 'stock'
NUM_IMAGES = 4
BATCH_SIZE = 2
EPOCHS = 2

# A config for a file: ResNet-18 on crops of 64 x 64 px
TINY_BASE = """
_base_ = 'mmpose::{}/td-hm_res50_8xb64-210e_coco-256x192.py'
codec = dict(type='MSRAHeatmap', input_size=(64, 64), heatmap_size=(16, 16), sigma=1)
model = dict(
    backbone=dict(depth=18, init_cfg=None),
    head=dict(in_channels=512, deconv_out_channels=(32, 32, 32), decoder=codec),
)
train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale'),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs'),
]
val_pipeline = [*train_pipeline[:3], dict(type='PackPoseInputs')]
train_cfg = dict(max_epochs=2, val_interval=1)
train_dataloader = dict(batch_size=4, num_workers=0, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=4, num_workers=0, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
""".replace('{}', 'body_2d_keypoint/topdown_heatmap/coco')

_SIZES = ('heatmap_size', 'img_size', 'in_featuremap_size', 'input_size', 'out_shape')
_WIDTHS = (
    'base_channels',
    'deconv_out_channels',
    'embed_dims',
    'feedforward_channels',
    'in_channels',
    'num_channels',
    'stem_channels',
    'widen_factor',
)
_IMAGE_CHANNELS = 3
_count = itertools.count()


def coco_names() -> list[str]:
    """COCO's 17 keypoints in their order."""
    return keypoint_names(parse_pose_metainfo(dict(CocoDataset.METAINFO)))


def write_coco(root: Path, seed: int = 0) -> Path:
    """Noisy images with COCO's 17 keypoints: ``root/images``, ``root/annotations``."""
    for split in ('train', 'val'):
        write_pose_dataset(
            root, NUM_IMAGES, split, seed=seed, names=coco_names(), keypoints_3d=False
        )
    return root


def halve_sizes(value: Any) -> None:
    """Halve all sizes of crops and maps of them in nested dicts and lists."""
    if isinstance(value, dict):
        for key in _SIZES:
            if key in value:
                value[key] = tuple(side // 2 for side in value[key])
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            halve_sizes(item)


def narrow(model: dict) -> None:
    """Divide the widths of a stock network by 8, and HRNet's length."""
    estimator = model['estimator']
    for stage in estimator['backbone'].get('extra', {}).values():
        stage['num_modules'] = 1
    if estimator['backbone']['type'] == 'ResNet':  # its configs leave these to defaults
        estimator['backbone'].update(base_channels=64, stem_channels=64)
        if estimator['head']['type'] not in ('RegressionHead', 'RLEHead'):
            estimator['head'].update(deconv_out_channels=(256, 256, 256))
    _divide_widths(model)


def _divide_widths(value: Any) -> None:
    if isinstance(value, dict):
        for key in _WIDTHS:
            if value.get(key) not in (None, _IMAGE_CHANNELS):
                value[key] = _eighth(value[key])
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            _divide_widths(item)


def _eighth(width: Any) -> Any:
    if isinstance(width, (list, tuple)):
        return tuple(_eighth(one) for one in width)
    return width / 8 if isinstance(width, float) else width // 8


def drop_pretrained(value: Any) -> None:
    """Remove the checkpoints that networks start from: nothing is downloaded."""
    if isinstance(value, dict):
        value.pop('init_cfg', None)
        for item in value.values():
            drop_pretrained(item)


def use_tiny_data(cfg: Config, root: Path) -> None:
    """Let a config read tiny data under ``root``; made if missing."""
    for folder, seed in (('source', 0), ('target', 1)):
        if not (root / folder).exists():
            write_coco(root / folder, seed)
    source = cfg.train_dataloader.dataset.source
    for dataset, split in ((source, 'train'), (cfg.val_dataloader.dataset, 'val')):
        dataset.update(
            data_root=str(root / 'source'),
            ann_file=f'annotations/{split}.json',
            data_prefix=dict(img='images/'),
        )
        dataset.pop('bbox_file', None)
    cfg.train_dataloader.dataset.target.data_root = str(root / 'target' / 'images')
    cfg.val_evaluator.ann_file = str(root / 'source' / 'annotations' / 'val.json')


def shrink(cfg: Config, work_dir: Path) -> Config:
    """Let a config train two epochs of two iterations, narrow, on crops of half the side.

    Parts, pipelines and schedule are those of the config, and so is all else.
    """
    narrow(cfg.model)
    return shorten(cfg, work_dir)


def shorten(cfg: Config, work_dir: Path) -> Config:
    """The same as wide as it is."""
    halve_sizes([cfg.model, cfg.train_dataloader, cfg.val_dataloader])
    drop_pretrained(cfg.model)
    for loader in filter(None, (cfg.train_dataloader, cfg.val_dataloader)):
        loader.update(batch_size=BATCH_SIZE, num_workers=0, persistent_workers=False)
    if cfg.val_dataloader is not None:
        cfg.update(test_dataloader=cfg.val_dataloader, test_evaluator=cfg.val_evaluator)
    cfg.train_cfg.update(max_epochs=EPOCHS, val_interval=EPOCHS)
    cfg.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=EPOCHS)
    cfg.default_hooks.logger.interval = 1
    cfg.update(work_dir=str(work_dir), randomness=dict(seed=3))
    # mmengine's logs and pictures of one name are shared by all runs of a process
    cfg.experiment_name = cfg.visualizer.name = f'stock{next(_count)}'
    return cfg


def tiny_stock_config(path: Path, data_root: Path, work_dir: Path) -> Config:
    """A shrunk config on tiny data."""
    cfg = Config.fromfile(path)
    use_tiny_data(cfg, data_root)
    return shrink(cfg, work_dir)

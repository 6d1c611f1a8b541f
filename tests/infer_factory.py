"""Exports and images for tests of inference."""

import json
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import torch
from data_factory import write_pose_dataset
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
from model_factory import (
    INPUT_SIZE,
    regression_estimator,
    resnet_estimator,
    vit_estimator,
)
from torch import nn

from mmpose_uda.deploy.export import export_estimator

_FLIP_TEST = dict(flip_test=True)
_ESTIMATORS = {
    '2d': resnet_estimator,
    '3d': vit_estimator,
    '3d_flip': lambda: vit_estimator(test_cfg=_FLIP_TEST),
    '3d_regression': regression_estimator,
    '3d_regression_flip': lambda: regression_estimator(test_cfg=_FLIP_TEST),
}
_CROPS = {
    '2d': [dict(type='TopdownAffine', input_size=INPUT_SIZE), dict(type='PackPoseInputs')],
    '3d': [dict(type='TopdownAffine3D', input_size=INPUT_SIZE), dict(type='PackPoseView')],
}


class TrainedRun:
    """A training's config file and last checkpoint, without the training.

    Args:
        root (Path): Folder for everything.
        kind (str): '2d', stock mmpose with BatchNorm, or '3d', the volumetric head;
            '3d_regression' the other, and '_flip' after them a flip test.
    """

    def __init__(self, root: Path, kind: str):
        self.data_root = root / 'data'
        write_pose_dataset(self.data_root, 4, camera=False)
        estimator = _ESTIMATORS[kind]()
        cfg = Config(
            dict(
                default_scope='mmpose',
                data_mode='topdown',
                dataset_type='PoseDataset',
                work_dir=str(root / 'run'),
                model=dict(type='DomainAdaptivePoseEstimator', estimator=estimator),
                visualizer=dict(type='PoseLocalVisualizer'),
                test_dataloader=dict(
                    dataset=dict(
                        type='PoseDataset',
                        data_root=str(self.data_root),
                        ann_file='annotations/train.json',
                        test_mode=True,
                        pipeline=[
                            dict(type='LoadImage'),
                            dict(type='GetBBoxCenterScale'),
                            *_CROPS[kind[:2]],
                        ],
                    )
                ),
            )
        )
        self.config = root / 'training.py'
        cfg.dump(self.config)
        init_default_scope('mmpose')
        torch.manual_seed(0)
        self.model = MODELS.build(cfg.model)
        self.model.update_teacher()
        _disturb(self.model)
        self.dataset = DATASETS.build(cfg.test_dataloader.dataset)
        self.checkpoint = root / 'run' / 'iter_2.pth'
        content = dict(
            state_dict=self.model.state_dict(),
            meta=dict(dataset_meta=self.dataset.metainfo),
        )
        self.checkpoint.parent.mkdir()
        torch.save(content, self.checkpoint)
        (root / 'run' / 'last_checkpoint').write_text(str(self.checkpoint))
        self.export = export_estimator(cfg, content, str(root / 'export'))

    @property
    def images(self) -> Path:
        """The folder of the test images."""
        return self.data_root / 'images'

    def write_boxes(self, path: Path) -> Path:
        """Write the boxes of the test samples as ``boxes.json``."""
        boxes = {}
        for i in range(len(self.dataset)):
            info = self.dataset.get_data_info(i)
            name = Path(info['img_path']).relative_to(self.images).as_posix()
            x1, y1, x2, y2 = info['bbox'][0].tolist()
            boxes[name] = [x1, y1, x2 - x1, y2 - y1]
        path.write_text(json.dumps(boxes))
        return path


def _disturb(model: nn.Module) -> None:
    """Weights that tell one box from another, and the teacher from the student."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))


def quick_yapf():
    """Let configs be written without the seconds that yapf takes to lay them out."""
    return patch('mmengine.config.config.FormatCode', lambda text, **_: (text, True))


def write_images(folder: Path, names: list[str], seed: int = 0) -> Path:
    """Write images of noise, twelve in a row of sizes of their own; return the folder."""
    rng = np.random.default_rng(seed)
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        step = number % 12
        size = (60 + 10 * step, 80 - 6 * step, 3)
        noise = cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), size[1::-1])
        cv2.imwrite(str(path), noise)
    return folder


def write_video(path: Path, num_frames: int, size: tuple[int, int] = (64, 48)) -> Path:
    """Write a video whose frames are noise."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, size)
    rng = np.random.default_rng(0)
    for _ in range(num_frames):
        writer.write(rng.integers(0, 256, (size[1], size[0], 3), np.uint8))
    writer.release()
    return path


def read_video(path: Path) -> list[np.ndarray]:
    """All frames of a video."""
    video, frames = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        frames.append(read[1])
    return frames

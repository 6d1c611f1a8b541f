"""Tiny adaptive estimators and batches for them, for tests of the model.

Everything is wider than high, so that an exchange of rows and columns shows.
"""

from typing import Sequence

import numpy as np
import torch
from data_factory import SKELETON
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor, nn

INPUT_SIZE = (48, 32)  # width, height, px
PATCH_SIZE = 8
PATCH_GRID = (4, 6)  # rows, columns
EMBED_DIMS = 32
NUM_KEYPOINTS = 21
VIEWS = ('source', 'target_teacher', 'target_student')

CODEC = dict(
    type='Pose3DLabel',
    input_size=INPUT_SIZE,
    depth_range=(-100, 100),
    skeleton=SKELETON,
    total_length=680.0,
)
PREPROCESSOR = dict(
    type='PoseDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
)


def vit_config(stem: str = 'conv', with_cls_token: bool = False, **kwargs) -> dict:
    """Two layers of a masked vision transformer."""
    arch = dict(embed_dims=EMBED_DIMS, num_layers=2, num_heads=4, feedforward_channels=64)
    return {
        **dict(
            type='MaskedVisionTransformer',
            arch=arch,
            img_size=INPUT_SIZE[::-1],
            patch_size=PATCH_SIZE,
            stem=stem,
            with_cls_token=with_cls_token,
            out_type='featmap',
        ),
        **kwargs,
    }


def vit_estimator(**kwargs) -> dict:
    """A 3D estimator on the transformer; ``kwargs`` replace its keys."""
    head = dict(
        type='VolumetricPose3DHead',
        in_channels=EMBED_DIMS,
        out_channels=NUM_KEYPOINTS,
        depth_bins=5,
        upsample=2,
        upsample_channels=16,
        decoder=CODEC,
    )
    return {
        **dict(
            type='TopdownPoseEstimator',
            data_preprocessor=PREPROCESSOR,
            backbone=vit_config(),
            head=head,
            test_cfg=dict(flip_test=False),
        ),
        **kwargs,
    }


def regression_estimator(**kwargs) -> dict:
    """The same with the head that regresses."""
    head = dict(
        type='RegressionPose3DHead',
        in_channels=EMBED_DIMS,
        out_channels=NUM_KEYPOINTS,
        hidden_channels=16,
        decoder=CODEC,
    )
    return vit_estimator(head=head, **kwargs)


def resnet_estimator(head: str = 'HeatmapHead') -> dict:
    """A stock mmpose estimator with BatchNorm, narrowed."""
    heads = dict(
        HeatmapHead=dict(
            type='HeatmapHead',
            in_channels=64,
            out_channels=NUM_KEYPOINTS,
            deconv_out_channels=(8,),
            deconv_kernel_sizes=(4,),
            loss=dict(type='KeypointMSELoss', use_target_weight=True),
            decoder=dict(
                type='MSRAHeatmap', input_size=INPUT_SIZE, heatmap_size=(4, 2), sigma=2
            ),
        ),
        RegressionHead=dict(
            type='RegressionHead',
            in_channels=64,
            num_joints=NUM_KEYPOINTS,
            loss=dict(type='SmoothL1Loss', use_target_weight=True),
            decoder=dict(type='RegressionLabel', input_size=INPUT_SIZE),
        ),
    )
    config = vit_estimator(
        backbone=dict(type='ResNet', depth=18, stem_channels=8, base_channels=8),
        head=heads[head],
    )
    if head == 'RegressionHead':
        config['neck'] = dict(type='GlobalAveragePooling')
    return config


def part_configs() -> dict[str, dict]:
    """The parts of this package by the names that hand_3d.py gives them."""
    return dict(
        reconstruction=dict(
            type='MaskedReconstruction',
            masking=dict(type='PatchMasking', ratio=0.5, foreground_odds=2.0),
            head=dict(
                type='ForegroundReconstructionHead',
                in_channels=EMBED_DIMS,
                patch_size=PATCH_SIZE,
                patch_grid=PATCH_GRID,
                embed_dims=16,
                num_heads=2,
            ),
        ),
        foreground=dict(type='ForegroundSegmentation'),
        attention=dict(type='AttentionRegularization', layers=[0, 1]),
        mean_teacher=dict(type='MeanTeacherConsistency'),
    )


def build_adaptive(seed: int = 0, **kwargs) -> nn.Module:
    """An adaptive estimator of all parts, whose teacher differs from its student."""
    torch.manual_seed(seed)
    config = dict(
        type='DomainAdaptivePoseEstimator',
        estimator=vit_estimator(),
        foreground_head=dict(type='ForegroundHead', in_channels=EMBED_DIMS),
        alignments=part_configs(),
    )
    model = MODELS.build({**config, **kwargs})
    with torch.no_grad():
        # also where parameters begin as zeros, such as embeddings of positions
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return model


def make_sample(
    rng: np.random.Generator, labelled: bool, foreground: bool = True
) -> PoseDataSample:
    """What :class:`PackPoseView` packs for one view."""
    width, height = INPUT_SIZE
    angle, scale = rng.uniform(-0.5, 0.5), rng.uniform(0.8, 1.2)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    sample = PoseDataSample(
        metainfo=dict(
            warp_mat=np.array([[cos, -sin, 3.0], [sin, cos, -2.0]], np.float32),
            input_size=INPUT_SIZE,
            input_center=np.array([24.0, 16.0], np.float32),
            input_scale=np.array([96.0, 64.0], np.float32),
            flip_indices=list(range(NUM_KEYPOINTS)),
            camera=dict(
                focal=np.array([60.0, 60.0], np.float32),
                principal_point=np.array([23.5, 15.5], np.float32),
            ),
        )
    )
    if labelled:
        low, high = [0, 0, -80], [width - 1, height - 1, 80]
        points = rng.uniform(low, high, (1, NUM_KEYPOINTS, 3))
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=torch.tensor(points, dtype=torch.float32),
            keypoint_weights=torch.ones(1, NUM_KEYPOINTS),
            mm_per_px=torch.full((1,), 8.0),
        )
        if foreground:
            mask = torch.zeros(1, height, width)
            mask[:, 5:22, 12:40] = 1
            sample.gt_foreground = mask
    return sample


def make_batch(
    batch_size: int = 2,
    views: Sequence[str] = VIEWS,
    seed: int = 0,
    foreground: bool = True,
) -> dict:
    """A collated training batch: ``inputs`` (bytes) and ``data_samples`` by view."""
    rng = np.random.default_rng(seed)
    shape = (batch_size, 3, *INPUT_SIZE[::-1])
    inputs, samples = {}, {}
    for view in views:
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        inputs[view] = torch.from_numpy(pixels)
        samples[view] = [
            make_sample(rng, view == 'source', foreground) for _ in range(batch_size)
        ]
    return dict(inputs=inputs, data_samples=samples)


def losses_of(model: nn.Module, batch: dict, seed: int = 0) -> dict[str, Tensor]:
    """The losses of one step, as mmengine's ``train_step`` computes them."""
    model.train()
    torch.manual_seed(seed)
    return model(**model.data_preprocessor(batch, training=True), mode='loss')


def rows_and_columns_apart(position: Tensor) -> bool:
    """Whether one half of an embedding [L, C] tells the row and the other the column."""
    rows, columns = PATCH_GRID
    halves = position.view(rows, columns, 2, -1).unbind(2)
    of_row = [(half == half[:, :1]).all() for half in halves]
    of_column = [(half == half[:1]).all() for half in halves]
    distinct = len({tuple(values) for values in position.tolist()}) == rows * columns
    return distinct and sorted(zip(of_row, of_column)) == [(False, True), (True, False)]


def equal_states(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Whether two state dicts are the same bit for bit."""
    return first.keys() == second.keys() and all(
        torch.equal(first[key], second[key]) for key in first
    )

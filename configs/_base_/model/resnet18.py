"""ResNet-18 of half the width, which trains from scratch in minutes."""

_base_ = ['pixels.py']

estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.preprocessor,
    backbone=dict(
        type='ResNet',
        depth=18,
        stem_channels=32,
        base_channels=32,
        # The last stage keeps the resolution, or a 64 px crop would shrink to 2 x 2 cells.
        strides=(1, 2, 2, 1),
    ),
    test_cfg=dict(flip_test=False),
)

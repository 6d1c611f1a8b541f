"""The network of arXiv 2404.14885."""

_base_ = ['pixels.py']

estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.preprocessor,
    backbone=dict(
        type='ResNet',
        depth=101,
        # ImageNet weights, if they can be downloaded:
        # init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet101'),
    ),
    # The published metric reads the heatmaps.
    test_cfg=dict(flip_test=False, output_heatmaps=True),
)

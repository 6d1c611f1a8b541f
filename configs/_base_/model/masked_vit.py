"""A small vision transformer: a large one learns nothing from 4,000 images in minutes."""

_base_ = ['pixels.py']

input_size = (64, 64)  # width, height, px
embed_dims = 128
patch_size = 8
patch_grid = (input_size[1] // patch_size, input_size[0] // patch_size)
estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.preprocessor,
    backbone=dict(
        type='MaskedVisionTransformer',
        arch=dict(
            embed_dims=embed_dims,
            num_layers=3,
            num_heads=4,
            feedforward_channels=3 * embed_dims,
        ),
        img_size=(input_size[1], input_size[0]),
        patch_size=patch_size,
        stem='conv',
        with_cls_token=False,
        out_type='featmap',
    ),
    test_cfg=dict(flip_test=False),
)
head = dict(type='VolumetricPose3DHead', in_channels=embed_dims)

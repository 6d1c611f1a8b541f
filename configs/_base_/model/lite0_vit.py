"""A small vision transformer on top of the pre-trained blocks of EfficientNet-Lite0."""

_base_ = ['efficientnet_lite0.py']

input_size = (96, 96)  # width, height, px
embed_dims = 128
patch_size = 16
patch_grid = (input_size[1] // patch_size, input_size[0] // patch_size)
estimator = dict(
    backbone=dict(
        _delete_=True,
        type='MaskedVisionTransformer',
        arch=dict(
            embed_dims=embed_dims,
            num_layers=3,
            num_heads=4,
            feedforward_channels=3 * embed_dims,
        ),
        img_size=(input_size[1], input_size[0]),
        patch_size=patch_size,
        stem=dict(_base_.estimator.backbone, out_indices=(2, 3)),
        finer_maps=True,
        with_cls_token=False,
        out_type='featmap',
    ),
    # 12 x 12 cells: the stem's map of stride 8, concatenated with the 6 x 6 tokens
    neck=dict(type='FeatureMapProcessor', concat=True),
)
channels = 40 + embed_dims
# 24 x 24 cells of 4 px
head = dict(type='VolumetricPose3DHead', in_channels=channels, upsample=2)
# Instead of the stem: patches as in mmpretrain's VisionTransformer, and the same 24 x 24
# cells from the tokens only.
plain_patches = dict(
    backbone=dict(stem='patch', finer_maps=False),
    neck=None,
    head=dict(in_channels=embed_dims, upsample=4),
)

"""ViT-B/16, as masked autoencoders (MAE) pre-train it."""

_base_ = ['pixels.py']

# MAE's own: a checkpoint's 14 x 14 positions are taken as they are. Of another size, such
# as 256 px, they are interpolated; sides are multiples of 32 (patches and 8 px of style).
input_size = (224, 224)  # width, height, px
embed_dims = 768
patch_size = 16
patch_grid = (input_size[1] // patch_size, input_size[0] // patch_size)
estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=_base_.preprocessor,
    backbone=dict(
        type='MaskedVisionTransformer',
        arch='base',
        img_size=(input_size[1], input_size[0]),
        patch_size=patch_size,
        # As in MAE: it takes part in the attention, the head does not see it.
        with_cls_token=True,
        out_type='featmap',
        # MAE's weights of ImageNet, a file or a URL (docs/datasets.md). As it stands
        # nothing is downloaded, and the training says so.
        # init_cfg=dict(type='Pretrained', checkpoint='mae_pretrain_vit_base.pth'),
    ),
    test_cfg=dict(flip_test=False),
)
head = dict(
    type='VolumetricPose3DHead',
    in_channels=embed_dims,
    # 56 x 56 cells of 4 px, as Simple Baselines have them.
    upsample=4,
    upsample_channels=256,
    # Twice those of the small network, whose crops are a quarter as wide.
    depth_bins=32,
)

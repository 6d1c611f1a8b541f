"""ViT-B/16, as pre-trained by masked autoencoders (MAE)."""

_base_ = ['pixels.py']

# MAE's own: a checkpoint's 14 x 14 positions are used as they are. For another size, such
# as 256 px, they are interpolated; sides must be multiples of the patches' 16 px.
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
        # As in MAE: the token takes part in the attention; the head does not see it.
        with_cls_token=True,
        out_type='featmap',
        # MAE's ImageNet weights, as a file or a URL (docs/datasets.md). By default nothing
        # is downloaded, and the training reports it.
        # init_cfg=dict(type='Pretrained', checkpoint='mae_pretrain_vit_base.pth'),
    ),
    test_cfg=dict(flip_test=False),
)
head = dict(
    type='VolumetricPose3DHead',
    in_channels=embed_dims,
    # 56 x 56 cells of 4 px, as in Simple Baselines.
    upsample=4,
    upsample_channels=256,
    # Twice those of the small network, whose crops are less than half as wide.
    depth_bins=32,
)

"""RTMPose's head on crops of 64 x 64 px: a vector per axis, with bins of half a pixel."""

input_size = (64, 64)  # width, height, px
codec = dict(
    type='SimCCLabel',
    input_size=input_size,
    sigma=(1.6, 1.6),  # px of 64; RTMPose itself has 4.9 to 5.66 px of 192 to 256
    simcc_split_ratio=2.0,
    normalize=False,
)
head = dict(
    type='RTMCCHead',
    in_channels=256,
    input_size=input_size,
    in_featuremap_size=(4, 4),
    simcc_split_ratio=2.0,
    final_layer_kernel_size=3,
    gau_cfg=dict(
        hidden_dims=128,
        s=64,
        expansion_factor=2,
        dropout_rate=0.0,
        drop_path=0.0,
        act_fn='SiLU',
        use_rel_bias=False,
        pos_enc=False,
    ),
    # A sum over the batch and a mean over the bins: about 1 for 16 images.
    loss=dict(type='KLDiscretLoss', use_target_weight=True, beta=10.0, label_softmax=True),
)

"""Heads of mmpose that readers read, small."""

import torch

SIZE = (64, 48)  # crop, px: width, height
CELLS = (16, 12)
FEATURES = (4, 3)  # of the backbone
KEYPOINTS = 3
# cells of the maps, bins of the vectors: nothing to round
POINTS = torch.tensor([[[8.0, 12], [40, 20], [24, 28]], [[20, 16], [4, 40], [56, 8]]])


def head_config(name):
    """Config of a head by its short name."""
    shared = dict(in_channels=8, out_channels=KEYPOINTS)
    simcc = dict(
        **shared,
        input_size=SIZE,
        in_featuremap_size=FEATURES,
        simcc_split_ratio=2.0,
    )
    deconv = dict(deconv_out_channels=(8, 8), deconv_kernel_sizes=(4, 4))
    mse = dict(type='KeypointMSELoss', use_target_weight=True)
    msra = dict(type='MSRAHeatmap', input_size=SIZE, heatmap_size=CELLS, sigma=1)
    return {
        'heatmap': dict(type='HeatmapHead', **shared, **deconv, loss=mse, decoder=msra),
        'unbiased heatmap': dict(
            type='HeatmapHead',
            **shared,
            **deconv,
            loss=mse,
            decoder=dict(msra, unbiased=True),
        ),
        'UDP': dict(
            type='HeatmapHead',
            **shared,
            **deconv,
            loss=mse,
            decoder=dict(msra, type='UDPHeatmap'),
        ),
        'SimCC': dict(
            type='SimCCHead',
            **simcc,
            **deconv,
            deconv_num_groups=(4, 4),
            loss=dict(type='KLDiscretLoss', use_target_weight=True),
            decoder=dict(
                type='SimCCLabel', input_size=SIZE, sigma=3.0, simcc_split_ratio=2.0
            ),
        ),
        'RTMCC': dict(
            type='RTMCCHead',
            **simcc,
            gau_cfg=dict(
                hidden_dims=16,
                s=8,
                expansion_factor=2,
                dropout_rate=0.0,
                drop_path=0.0,
                act_fn='ReLU',
                use_rel_bias=False,
                pos_enc=False,
            ),
            loss=dict(
                type='KLDiscretLoss', use_target_weight=True, beta=10.0, label_softmax=True
            ),
            decoder=dict(
                type='SimCCLabel',
                input_size=SIZE,
                sigma=(3.0, 2.5),
                simcc_split_ratio=2.0,
                normalize=False,
                use_dark=False,
            ),
        ),
        'integral': dict(
            type='IntegralRegressionHead',
            in_channels=8,
            in_featuremap_size=FEATURES,
            num_joints=KEYPOINTS,
            **deconv,
            loss=dict(type='SmoothL1Loss', use_target_weight=True),
            decoder=dict(type='RegressionLabel', input_size=SIZE),
        ),
        'DSNT': dict(
            type='DSNTHead',
            in_channels=8,
            in_featuremap_size=FEATURES,
            num_joints=KEYPOINTS,
            **deconv,
            loss=dict(
                type='MultipleLossWrapper',
                losses=[
                    dict(type='SmoothL1Loss', use_target_weight=True),
                    mse,
                ],
            ),
            decoder=dict(
                type='IntegralRegressionLabel',
                input_size=SIZE,
                heatmap_size=CELLS,
                sigma=1.0,
            ),
        ),
        'RLE': dict(
            type='RLEHead',
            in_channels=8 * FEATURES[0] * FEATURES[1],
            num_joints=KEYPOINTS,
            loss=dict(type='RLELoss', use_target_weight=True),
            decoder=dict(type='RegressionLabel', input_size=SIZE),
        ),
    }[name]

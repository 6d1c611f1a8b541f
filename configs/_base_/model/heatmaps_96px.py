"""EfficientNet-Lite0 with heatmaps of 24 x 24 cells for crops of 96 x 96 px.

The head gets the feature maps of strides 8 and 16, concatenated. With only the last one,
people in photographs had PCK@0.05 0.386 before adaptation instead of 0.429
(docs/experiments.md).
"""

_base_ = ['efficientnet_lite0.py']

input_size = (96, 96)  # width, height, px
codec = dict(
    type='MSRAHeatmap',
    input_size=input_size,
    heatmap_size=(24, 24),
    sigma=1.2,
    # Cells are 4 px wide, so keypoints must not be rounded to them.
    unbiased=True,
    blur_kernel_size=3,
)
estimator = dict(
    backbone=dict(out_indices=(2, 3)),
    neck=dict(type='FeatureMapProcessor', concat=True),
)
head = dict(
    type='HeatmapHead',
    in_channels=40 + 112,
    deconv_out_channels=(64,),
    deconv_kernel_sizes=(4,),
    # Squared errors of heatmaps are small: this brings them near 1, so that the
    # paper's weights of the parts fit.
    loss=dict(type='KeypointMSELoss', use_target_weight=True, loss_weight=100.0),
)

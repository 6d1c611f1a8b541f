"""Heatmaps of 24 x 24 cells of crops of 96 x 96 px."""

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
head = dict(
    type='HeatmapHead',
    in_channels=112,
    deconv_out_channels=(64, 64),
    deconv_kernel_sizes=(4, 4),
    # Squared errors of heatmaps are small: this brings them near 1, where the weights
    # of the parts are those of the paper.
    loss=dict(type='KeypointMSELoss', use_target_weight=True, loss_weight=100.0),
)

"""Heatmaps of 64 x 64 cells for crops of 256 x 256 px, as in Simple Baselines."""

input_size = (256, 256)  # width, height, px
codec = dict(type='MSRAHeatmap', input_size=input_size, heatmap_size=(64, 64), sigma=2)
head = dict(
    type='HeatmapHead',
    in_channels=2048,
    deconv_out_channels=(256, 256, 256),
    deconv_kernel_sizes=(4, 4, 4),
    # Half the squared error.
    loss=dict(type='KeypointMSELoss', use_target_weight=True, loss_weight=0.5),
)

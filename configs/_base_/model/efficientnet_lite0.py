"""EfficientNet-Lite0 up to stride 16, with ImageNet weights: pre-trained and cheap."""

estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        # As the published weights were trained.
        mean=[127.0, 127.0, 127.0],
        std=[128.0, 128.0, 128.0],
        bgr_to_rgb=True,
    ),
    # To train from scratch, as a control: pretrained=False.
    backbone=dict(type='EfficientNetLite0', pretrained=True),
    test_cfg=dict(flip_test=False),
)

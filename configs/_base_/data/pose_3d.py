"""COCO-style annotations with poses in mm; the source's foreground is known."""

source_data = dict(
    type='PoseDataset',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/', mask='masks/'),
    require_3d=True,
)
target_data = dict(
    type='PoseDataset',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/'),
    labels=False,
)
test_data = dict(
    type='PoseDataset',
    ann_file='annotations/test.json',
    data_prefix=dict(img='images/'),
    require_3d=True,
    test_mode=True,
)

"""COCO-style annotations. A config adds the data set's root and keypoints."""

source_data = dict(
    type='PoseDataset',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/'),
)
target_data = dict(source_data, labels=False)
test_data = dict(source_data, ann_file='annotations/test.json', test_mode=True)
# For a source whose foreground is known.
masked = dict(data_prefix=dict(img='images/', mask='masks/'))

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_factory import write_pose_dataset
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from mmpose_uda import UserError
from mmpose_uda.apis.extract_masks import extract_masks


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


@pytest.fixture
def coco(tmp_path):
    """A data set whose annotations name no masks, and the true ones."""
    write_pose_dataset(tmp_path / 'data', 4)
    truth = Path(shutil.move(tmp_path / 'data' / 'masks', tmp_path / 'truth'))
    ann_file = tmp_path / 'data' / 'annotations' / 'train.json'
    content = json.loads(ann_file.read_text())
    for annotation in content['annotations']:
        annotation.pop('mask_file')
    ann_file.write_text(json.dumps(content))
    return tmp_path / 'data', truth


def test_masks_of_a_coco_data_set(coco):
    root, truth = coco
    said = extract_masks(str(root), ann_file='annotations/train.json')
    assert '4 masks' in said and 'train_masks.json' in said
    before = json.loads((root / 'annotations/train.json').read_text())
    assert all('mask_file' not in a for a in before['annotations'])
    assert cv2.imread(str(root / 'masks/contact_sheet.jpg')) is not None

    load = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask')]
    config = dict(
        type='PoseDataset',
        data_root=str(root),
        ann_file='annotations/train_masks.json',
        pipeline=load,
        labels=False,
    )
    assert 'mask' not in DATASETS.build(config)[0]
    dataset = DATASETS.build(dict(config, masks=True))
    for i in range(4):
        item = dataset[i]
        assert 'keypoints' not in item
        true = cv2.imread(str(truth / f'train/{i:06d}.png'), cv2.IMREAD_GRAYSCALE) > 0
        found = item['mask'] > 0
        assert (found & true).sum() / (found | true).sum() > 0.4


def test_masks_of_a_folder_with_several_boxes(coco, tmp_path):
    root = coco[0] / 'images'
    boxes = {
        'train/000000.png': [[5, 5, 30, 30], [20, 10, 30, 30]],
        'train/000002.png': [8, 8, 40, 30],
    }
    (root / 'boxes.json').write_text(json.dumps(boxes))
    sheet = tmp_path / 'look' / 'sheet.png'
    extract_masks(str(root), boxes='boxes.json', sheet=str(sheet))
    names = {p.relative_to(root / 'masks').as_posix() for p in root.rglob('masks/**/*.png')}
    assert names == {'train/000000_0.png', 'train/000000_1.png', 'train/000002_0.png'}
    assert sheet.exists()
    dataset = DATASETS.build(
        dict(
            type='UnlabelledImageFolder',
            data_root=str(root),
            boxes='boxes.json',
            masks='masks',
            pipeline=[dict(type='LoadPoseImage'), dict(type='LoadPoseMask')],
        )
    )
    assert len(dataset) == 3
    for item in (dataset[i] for i in range(3)):
        x1, y1, x2, y2 = item['bbox'][0]
        y, x = np.nonzero(item['mask'])
        assert len(y) and (x > x1 - 5).all() and (y < y2 + 5).all()


def test_masks_of_whole_images_are_no_images_later(coco):
    root = coco[0] / 'images'
    for _ in range(2):  # the second finds the masks of the first
        assert '4 masks' in extract_masks(str(root))
    config = dict(type='UnlabelledImageFolder', data_root=str(root), masks='masks')
    assert len(DATASETS.build(config)) == 4


def test_an_image_that_does_not_decode_is_named(coco):
    root, _ = coco
    (root / 'images/train/000001.png').write_bytes(b'no picture')
    with pytest.raises(UserError, match='000001.png'):
        extract_masks(str(root), ann_file='annotations/train.json')

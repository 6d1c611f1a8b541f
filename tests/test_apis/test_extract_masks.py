import errno
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
from mmpose_uda.datasets.image_folder import find_images


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
    # nor for what knows of no masks, such as adapt and infer
    assert len(find_images(str(root))) == 4


def test_masks_beside_images_do_not_hide_them(coco):
    root = coco[0]
    images = find_images(str(root / 'images'))
    extract_masks(str(root), ann_file='annotations/train.json', masks='images')
    found = find_images(str(root))
    assert {f'images/{name}' for name in images} <= set(found)


def test_an_image_that_does_not_decode_is_named(coco):
    root, _ = coco
    (root / 'images/train/000001.png').write_bytes(b'no picture')
    with pytest.raises(UserError, match='000001.png'):
        extract_masks(str(root), ann_file='annotations/train.json')


def _change(root, change):
    ann_file = root / 'annotations/train.json'
    content = json.loads(ann_file.read_text())
    change(content)
    ann_file.write_text(json.dumps(content))


def _mask_files(root):
    content = json.loads((root / 'annotations/train_masks.json').read_text())
    return [annotation.get('mask_file') for annotation in content['annotations']]


@pytest.mark.parametrize('how', ['relative', 'absolute'])
def test_nothing_is_written_outside_whatever_an_image_is_called(coco, tmp_path, how):
    root, _ = coco
    victim = tmp_path / 'victim'
    victim.mkdir()
    shutil.copy(root / 'images/train/000000.png', victim / 'x.jpg')
    kept = victim / 'x_0.png'
    kept.write_text('dear')
    name = '../../victim/x.jpg' if how == 'relative' else str(victim / 'x.jpg')
    _change(root, lambda content: content['images'][0].update(file_name=name))
    extract_masks(str(root), ann_file='annotations/train.json')
    assert kept.read_text() == 'dear' and len(list(victim.iterdir())) == 2
    written = (root / 'masks' / _mask_files(root)[0]).resolve()
    assert written.is_relative_to((root / 'masks').resolve()) and written.exists()


def test_annotations_of_one_id_have_a_mask_each(coco):
    root, _ = coco
    _change(root, lambda content: [a.update(id=1) for a in content['annotations']])
    extract_masks(str(root), ann_file='annotations/train.json')
    names = _mask_files(root)
    assert names == [f'train/train/00000{i}_0.png' for i in range(4)]
    assert all((root / 'masks' / name).exists() for name in names)


def test_images_that_differ_in_their_suffix_have_a_mask_each(coco):
    root, _ = coco
    folder = root / 'images/train'
    cv2.imwrite(str(folder / '000000.jpg'), np.zeros((48, 64, 3), np.uint8))
    extract_masks(str(root / 'images'))
    masks = root / 'images/masks/train'
    found = {path.name for path in masks.iterdir()}
    assert {'000000.jpg_0.png', '000000.png_0.png', '000001_0.png'} <= found
    config = dict(
        type='UnlabelledImageFolder',
        data_root=str(root / 'images'),
        masks='masks',
        pipeline=[dict(type='LoadPoseImage'), dict(type='LoadPoseMask')],
    )
    dataset = DATASETS.build(config)
    paths = {dataset.get_data_info(i)['mask_path'] for i in range(len(dataset))}
    assert len(paths) == len(dataset) == 5
    assert all('mask' in dataset[i] for i in range(5))


def test_only_boxes_are_needed(coco):
    """Other keypoints than hands, or none, and crowds, which have no one foreground."""
    root, _ = coco

    def change(content):
        del content['categories']
        for annotation in content['annotations']:
            del annotation['keypoints']
        content['annotations'][1]['iscrowd'] = 1

    _change(root, change)
    assert '3 masks' in extract_masks(str(root), ann_file='annotations/train.json')
    assert _mask_files(root)[1] is None
    _change(root, lambda content: [a.update(iscrowd=1) for a in content['annotations']])
    with pytest.raises(UserError, match='no box to segment'):
        extract_masks(str(root), ann_file='annotations/train.json')


@pytest.mark.parametrize('box', [None, [], [1, 2, 3], 'all', [[1, 2, 3, 4]] * 2])
def test_a_box_that_is_none_is_named(coco, box):
    root, _ = coco
    _change(root, lambda content: content['annotations'][2].update(id=77, bbox=box))
    with pytest.raises(UserError, match='annotation 77'):
        extract_masks(str(root), ann_file='annotations/train.json')


def test_boxes_of_no_size_are_left_out_and_counted(coco):
    root, _ = coco
    _change(root, lambda content: content['annotations'][2].update(bbox=[5, 5, 0, 4]))
    said = extract_masks(str(root), ann_file='annotations/train.json')
    assert '3 masks' in said and '1 annotations without' in said
    assert _mask_files(root)[2] is None


def test_two_annotation_files_have_their_masks_apart(coco):
    """Both may have people in the same images."""
    root, _ = coco
    shutil.copy(root / 'annotations/train.json', root / 'annotations/val.json')
    extract_masks(str(root), ann_file='annotations/train.json')
    path = root / 'masks' / _mask_files(root)[0]
    first = path.read_bytes()
    ann_file = root / 'annotations/val.json'
    content = json.loads(ann_file.read_text())
    content['annotations'][0]['bbox'] = [0, 0, 20, 20]
    ann_file.write_text(json.dumps(content))
    extract_masks(str(root), ann_file='annotations/val.json')
    assert path.read_bytes() == first


def test_a_second_run_writes_over_the_masks_of_the_first(coco):
    root, _ = coco
    for _ in range(2):
        assert '4 masks' in extract_masks(str(root), ann_file='annotations/train.json')


@pytest.mark.parametrize('kind', ['folder', 'annotations'])
def test_images_are_not_written_over(coco, kind):
    """A photograph may have the name that a mask would get."""
    root, _ = coco
    images = root / 'images'
    name = 'x/a_0.png' if kind == 'folder' else 'train/train/train/000000_0.png'
    photo = images / name
    photo.parent.mkdir(parents=True)
    cv2.imwrite(str(photo), np.full((48, 64, 3), 99, np.uint8))
    before = photo.read_bytes()
    match = '_0.png, which is not a mask: name another folder'
    with pytest.raises(UserError, match=match):
        if kind == 'annotations':
            extract_masks(
                str(root), ann_file='annotations/train.json', masks='images/train'
            )
        else:
            cv2.imwrite(str(images / 'a.png'), np.zeros((48, 64, 3), np.uint8))
            extract_masks(str(images), masks='x')
    assert photo.read_bytes() == before


def test_a_mask_that_cannot_be_written_is_told(coco, monkeypatch):
    root, _ = coco

    def refuse(path, data):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(Path, 'write_bytes', refuse)
    with pytest.raises(UserError, match='000000_0.png cannot be written'):
        extract_masks(str(root), ann_file='annotations/train.json')
    assert not (root / 'annotations/train_masks.json').exists()

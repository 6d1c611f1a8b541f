"""Sheets of what a config's data look like: columns, what is drawn where, mistakes."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from config_factory import CONFIG_DIR
from data_factory import write_pose_dataset
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from stock_factory import STOCK_DIR, write_coco

from mmpose_uda.analysis import browse_dataset as module
from mmpose_uda.analysis.shown_data import sample_columns
from mmpose_uda.apis import browse_dataset
from mmpose_uda.errors import UserError

HAND = CONFIG_DIR / 'hand_3d.py'
VIEWS = ['source', 'target_teacher', 'target_student']
STOCK = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_res50_8xb64-210e_coco-256x192.py'
)
BOTTOM_UP = 'mmpose::body_2d_keypoint/dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512.py'


@pytest.fixture(scope='module')
def options(tmp_path_factory):
    """What lets hand_3d.py read tiny data."""
    root = tmp_path_factory.mktemp('hands')
    for number, (domain, split) in enumerate(
        [('rendered', 'train'), ('photo', 'train'), ('photo', 'test')]
    ):
        write_pose_dataset(root / domain, 5, split, seed=number)
    return {
        'builtin_data': None,
        'train_dataloader.dataset.source.data_root': str(root / 'rendered'),
        'train_dataloader.dataset.target.data_root': str(root / 'photo'),
        'val_dataloader.dataset.data_root': str(root / 'photo'),
    }


@pytest.fixture(scope='module')
def coco(tmp_path_factory):
    return write_coco(tmp_path_factory.mktemp('coco'))


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Browse, and return the columns of the sheet."""
    columns = {}
    draw = module.data_sheet
    monkeypatch.setattr(
        module, 'data_sheet', lambda all_, meta: columns.update(all_) or draw(all_, meta)
    )

    def browse(config, **arguments):
        columns.clear()
        path = browse_dataset(str(config), out=tmp_path / 'sheet.jpg', **arguments)
        assert cv2.imread(str(path)) is not None
        return dict(columns)

    return browse


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """Weights of hand_3d.py, with a teacher that is said to have followed its student."""
    init_default_scope('mmpose')
    model = MODELS.build(Config.fromfile(HAND).model)
    folder = tmp_path_factory.mktemp('weights')
    torch.save(dict(state_dict=model.state_dict()), folder / 'never.pth')
    model.update_teacher()
    torch.save(dict(state_dict=model.state_dict()), folder / 'trained.pth')
    return folder


def to_crop(frame, image):
    """The affine [2, 3] from the whole image to the view whose corners are ``frame``."""
    right, low = np.array(image.shape[1::-1]) - 0.5
    corners = [(-0.5, -0.5), (right, -0.5), (right, low)]
    return cv2.getAffineTransform(np.float32(frame[:3]), np.float32(corners))


def test_images_and_views_of_both_domains(shown, options):
    columns = shown(HAND, num=3, cfg_options=options)
    assert list(columns) == ['source image', VIEWS[0], 'target image', *VIEWS[1:]]
    assert {len(pictures) for pictures in columns.values()} == {3}
    for whole, view in zip(columns['source image'], columns['source']):
        (_, box_color), (frame, color) = whole.frames
        assert color == view.border != box_color
        placed = cv2.transform(whole.keypoints, to_crop(frame, view.image))
        np.testing.assert_allclose(placed, view.keypoints, atol=0.05)
        assert view.foreground.shape == view.image.shape[:2]
        assert 0 < view.foreground.mean() < 1


def test_a_config_that_mmengine_wrote_is_shown_in_the_same_order(shown, options, tmp_path):
    written = tmp_path / 'written.py'
    Config.fromfile(HAND).dump(written)
    named = list(Config.fromfile(written).train_dataloader.dataset.views)
    assert named == sorted(VIEWS) != VIEWS
    columns = shown(written, num=1, cfg_options=options)
    assert list(columns) == ['source image', VIEWS[0], 'target image', *VIEWS[1:]]


def test_nothing_is_told_of_the_target_but_its_box(shown, options):
    columns = shown(HAND, num=2, views=VIEWS[1:], cfg_options=options)
    assert list(columns) == ['target image', *VIEWS[1:]]
    for picture in sum(columns.values(), []):
        assert picture.keypoints is None and picture.foreground is None
    assert [len(picture.frames) for picture in columns['target image']] == [3, 3]


def test_pseudo_labels_are_carried_into_the_students_view(shown, options, checkpoint):
    columns = shown(
        HAND, num=3, checkpoint=str(checkpoint / 'trained.pth'), cfg_options=options
    )
    for whole, teacher, student in zip(*map(columns.get, ('target image', *VIEWS[1:]))):
        (_, _), (by_teacher, _), (by_student, _) = whole.frames
        back = cv2.invertAffineTransform(to_crop(by_teacher, teacher.image))
        in_image = cv2.transform(teacher.keypoints, back)
        placed = cv2.transform(in_image, to_crop(by_student, student.image))
        np.testing.assert_allclose(placed, student.keypoints, atol=0.1)
        assert teacher.note == student.note and 'confidence 0.' in teacher.note
    assert columns['source'][0].note == ''


def test_a_teacher_that_knows_nothing_labels_nothing(options, checkpoint, tmp_path):
    arguments = dict(cfg_options=options, out=tmp_path / 'a.jpg')
    with pytest.raises(UserError, match='never updated'):
        browse_dataset(str(HAND), checkpoint=str(checkpoint / 'never.pth'), **arguments)
    with pytest.raises(UserError, match='no checkpoint none.pth'):
        browse_dataset(str(HAND), checkpoint='none.pth', **arguments)


def test_labelled_data_that_is_tested_with(shown, options):
    columns = shown(HAND, split='val', num=2, cfg_options=options)
    assert list(columns) == ['image', 'val']
    for whole, view in zip(columns['image'], columns['val']):
        assert whole.keypoints.shape == view.keypoints.shape == (1, 21, 2)
        # no augmentation: along each axis the crop is a scaled image
        for axis in (0, 1):
            line = np.polyfit(whole.keypoints[0, :, axis], view.keypoints[0, :, axis], 1)
            fitted = np.polyval(line, whole.keypoints[0, :, axis])
            np.testing.assert_allclose(fitted, view.keypoints[0, :, axis], atol=0.05)


def test_views_of_other_names_and_a_source_without_labels(shown, options):
    config = CONFIG_DIR.parent / 'style/adain_vgg19.py'
    options = {key: value for key, value in options.items() if 'val_' not in key}
    columns = shown(config, num=1, cfg_options=options)
    assert list(columns) == ['source image', 'source', 'target image', 'target']
    assert columns['source'][0].keypoints is None


def test_a_stock_config_adapted(shown, coco):
    dataset = 'train_dataloader.dataset'
    options = {
        f'{dataset}.source.data_root': str(coco),
        f'{dataset}.source.ann_file': 'annotations/train.json',
        f'{dataset}.source.data_prefix.img': 'images/',
        f'{dataset}.target.data_root': str(coco / 'images'),
    }
    columns = shown(STOCK_DIR / 'res50_heatmap.py', num=1, cfg_options=options)
    assert set(columns) == {'source image', 'target image', *VIEWS}
    assert columns['source'][0].keypoints.shape == (1, 17, 2)
    assert columns['target_student'][0].image.shape == (256, 192, 3)


@pytest.mark.parametrize('base', [STOCK, BOTTOM_UP], ids=['top-down', 'bottom-up'])
def test_a_plain_config_of_mmpose(shown, coco, tmp_path, base):
    config = tmp_path / 'plain.py'
    config.write_text(f'_base_ = {base!r}\n')
    options = {
        'train_dataloader.dataset.data_root': str(coco),
        'train_dataloader.dataset.ann_file': 'annotations/train.json',
        'train_dataloader.dataset.data_prefix.img': 'images/',
    }
    columns = shown(config, num=9, cfg_options=options)
    assert list(columns) == ['image', 'train']
    assert len(columns['train']) == 4  # as many as there are
    for picture in columns['train']:
        assert picture.keypoints.shape == (1, 17, 2)
        inside = (picture.keypoints >= 0) & (
            picture.keypoints <= picture.image.shape[1::-1]
        )
        assert inside.mean() > 0.5
    with pytest.raises(UserError, match='--views is about .* has a CocoDataset: leave'):
        shown(config, views=['source'], cfg_options=options)


def test_the_sheet_goes_into_the_work_dir(options, tmp_path):
    options = {**options, 'work_dir': str(tmp_path / 'run')}
    path = browse_dataset(str(HAND), num=1, cfg_options=options)
    assert path == Path(tmp_path, 'run', 'data_train.jpg') and path.is_file()


@pytest.mark.parametrize(
    'arguments, sentence',
    [
        (dict(num=0), '--num be 1 or more'),
        (dict(views=['other']), 'no view `other`: choose from source'),
        (dict(out='sheet.gif'), 'sheet.gif cannot be a picture'),
        (dict(split='test', extra={'test_dataloader': None}), 'has no `test_dataloader`'),
    ],
)
def test_mistakes_are_one_sentence(options, arguments, sentence):
    options = {**options, **arguments.pop('extra', {})}
    with pytest.raises(UserError, match=sentence):
        browse_dataset(str(HAND), cfg_options=options, **arguments)


def test_a_data_set_without_a_pipeline_is_one_sentence():
    with pytest.raises(UserError, match='A list has no pipeline: there is nothing to show'):
        sample_columns([1, 2], num=1, title='train')

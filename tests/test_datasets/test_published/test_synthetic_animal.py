"""Synthetic animals as they are unpacked, with the table of keypoints and without."""

import json
import shutil

import numpy as np
import pytest
from mmpose.registry import DATASETS
from published_animal_factory import TRAIN, VALID, write_synthetic_animal

from mmpose_uda.datasets import SyntheticAnimal
from mmpose_uda.datasets.published import synthetic_animal
from mmpose_uda.errors import UserError

FORMS = dict(table=None, meshes=synthetic_animal._VERTICES)
ANIMALS = {18: ('horse', 'tiger'), 14: ('hound', 'sheep')}


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    """Number of keypoints and form -> folder and what is in it; not to be changed."""
    made = {}
    for count, animals in ANIMALS.items():
        for form, vertices in FORMS.items():
            root = tmp_path_factory.mktemp('animals')
            made[count, form] = root, write_synthetic_animal(root, animals, vertices)
    return made


@pytest.fixture(params=FORMS)
def copied(request, written, tmp_path):
    """A folder of horses and tigers that may be changed."""
    shutil.copytree(written[18, request.param][0], tmp_path / 'copy')
    return tmp_path / 'copy'


def build(root, split='train', **kwargs):
    # Serializing collects the garbage of the whole process, a third of a second each.
    config = dict(type='SyntheticAnimal', data_root=str(root), split=split, **kwargs)
    return DATASETS.build(dict(config, serialize_data=False))


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('count', ANIMALS)
@pytest.mark.parametrize('split, numbers', [('train', TRAIN), ('valid', VALID)])
def test_what_is_read_is_what_was_written(written, count, form, split, numbers):
    root, tables = written[count, form]
    dataset = build(root, split, animals=ANIMALS[count])
    assert dataset.metainfo['dataset_name'] == f'animal{count}'
    expected = [(animal, number) for animal in ANIMALS[count] for number in numbers]
    assert len(dataset) == len(expected)
    for info, (animal, number) in zip(dataset, expected):
        table = tables[animal]
        points = np.array(table['keypoints'][number])
        visible = points[:, 0] >= 0
        assert info['img_path'].startswith(str(root))
        assert info['img_path'].endswith(table['imgpath'][number].split('/')[-1])
        assert info['keypoints_visible'][0].tolist() == visible.tolist()
        np.testing.assert_allclose(
            info['keypoints'][0][visible], points[visible, :2], rtol=1e-5
        )
        left, right, top, bottom = table['bbox'][number]
        assert left < 0  # what the image does not show
        np.testing.assert_allclose(info['bbox'], [[0, top, right, bottom]], rtol=1e-5)


def test_keypoints_are_hidden_outside_the_image_alone():
    points = np.array([[0, 5], [5, 0], [640, 480], [641, 9], [9, 481], [-1, 5], [7, 7]])
    made = synthetic_animal._Rendering('a.png', points, np.array([-9, -9, 700, 500]))
    instance = synthetic_animal._to_instance(made)
    assert instance.visible.tolist() == [True, False, True, False, False, False, True]
    assert instance.box.tolist() == [0, 0, 640, 480]


@pytest.mark.parametrize('form', FORMS)
def test_a_split_of_our_own(written, form):
    root, _ = written[18, form]
    first, again = (
        {split: [i['img_path'] for i in build(root, split, own_split=True)] for split in
         ('train', 'valid')} for _ in range(2)
    )  # fmt: skip
    assert first == again and (len(first['train']), len(first['valid'])) == (16, 4)
    assert len({*first['train'], *first['valid']}) == 20
    published = [info['img_path'] for info in build(root, 'valid')]
    assert sorted(first['valid']) != sorted(published)


def test_both_forms_split_alike(written):
    names = [
        [i['img_path'].split('/')[-1] for i in build(root, 'valid', own_split=True)]
        for root in (written[18, form][0] for form in FORMS)
    ]
    assert names[0] == names[1]


@pytest.mark.parametrize('form', FORMS)
def test_labels_can_be_left_behind(written, form):
    info = build(written[18, form][0], labels=False)[0]
    assert info['bbox'].shape == (1, 4)
    assert not [key for key in info if 'keypoints' in key]


def test_animals_are_of_one_kind(written):
    root, _ = written[18, 'table']
    assert len(build(root, animals=['tiger'])) == len(TRAIN)
    with pytest.raises(UserError, match="cannot mix .'horse', 'hound'.*hound and sheep 14"):
        build(root, animals=('horse', 'hound'))
    with pytest.raises(UserError, match="no animals .'dog'.*horse, hound, sheep, tiger"):
        build(root, animals=['dog'])
    with pytest.raises(UserError, match="no split 'test'"):
        build(root, 'test')


def assert_refused(root, message, **kwargs):
    with pytest.raises(UserError, match=message) as caught:
        build(root, **kwargs)
    assert SyntheticAnimal.TREE.strip() in str(caught.value)


def test_what_is_missing_is_named(copied, tmp_path):
    assert_refused(tmp_path / 'none', 'none` does not exist')
    folder = copied / 'synthetic_animal/horse_combineds5r5_texture'
    (folder / f'horse_{TRAIN[2]:05d}_img.png').unlink()
    assert_refused(copied, f'has no `.*horse_{TRAIN[2]:05d}_img.png`|half-unpacked')
    shutil.rmtree(copied / 'synthetic_animal')
    assert_refused(copied, 'has no `synthetic_animal/horse_combineds5r5_texture')


def test_what_is_missing_of_the_meshes_is_named(written, tmp_path):
    shutil.copytree(written[18, 'meshes'][0], tmp_path / 'copy')
    folder = tmp_path / 'copy/synthetic_animal/horse_combineds5r5_texture'
    np.save(folder / 'horse_00000_kpts.npy', np.zeros((5, 3)))
    assert_refused(tmp_path / 'copy', 'has a .*kpts.npy` without the vertices of a horse')
    (folder / 'horse_00000_kpts.npy').unlink()
    assert_refused(tmp_path / 'copy', 'has no `.*horse_00000_kpts.npy`')
    (folder / 'train_idxs.npy').unlink()
    assert_refused(tmp_path / 'copy', 'has no `.*train_idxs.npy`.*own_split=True')


def drop_tiger(tables):
    del tables['tiger']


def cut_images(tables):
    del tables['horse']['imgpath'][5:]


def drop_split(tables):
    del tables['horse']['train_idxs']


def spoil_points(tables):
    tables['horse']['keypoints'][0] = tables['horse']['keypoints'][0][:5]


@pytest.mark.parametrize(
    'change, message',
    [
        (drop_tiger, "has a `clean_data/keypoints_18.json` .*KeyError: 'tiger'"),
        (cut_images, 'holds 5 images of an animal, but its split needs more than 9'),
        (drop_split, "KeyError: 'train_idxs'"),
        (spoil_points, '`clean_data/keypoints_18.json` that does not hold .* horse'),
    ],
)
def test_another_table_is_named(written, tmp_path, change, message):
    shutil.copytree(written[18, 'table'][0], tmp_path / 'copy')
    path = tmp_path / 'copy/clean_data/keypoints_18.json'
    tables = json.loads(path.read_text())
    change(tables)
    path.write_text(json.dumps(tables))
    assert_refused(tmp_path / 'copy', message)

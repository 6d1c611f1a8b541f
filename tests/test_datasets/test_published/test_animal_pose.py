"""Animal-Pose as it is unpacked, with the published files of its split."""

import json
import pickle
import shutil

import numpy as np
import pytest
from mmpose.registry import DATASETS
from published_animal_factory import write_animal_pose

from mmpose_uda.datasets import ANIMAL14, AnimalPose14
from mmpose_uda.errors import UserError

IN_FILE = [
    'left_eye', 'right_eye', 'nose', 'left_ear', 'right_ear',
    *(f'{side}_{end}_{joint}' for joint in ('elbow', 'knee', 'hoof')
      for end in ('front', 'back') for side in ('left', 'right')),
    'throat', 'withers', 'tail',
]  # fmt: skip
NAMES = [point['name'] for point in ANIMAL14['keypoint_info'].values()]


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    """The folder and the annotations in it; not to be changed."""
    root = tmp_path_factory.mktemp('animal-pose')
    return root, write_animal_pose(root)


@pytest.fixture
def copied(written, tmp_path):
    shutil.copytree(written[0], tmp_path / 'copy')
    return tmp_path / 'copy'


def build(root, split='train', **kwargs):
    # Serializing collects the garbage of the whole process, a third of a second each.
    config = dict(type='AnimalPose14', data_root=str(root), split=split, **kwargs)
    return DATASETS.build(dict(config, serialize_data=False))


@pytest.mark.parametrize('clean', [False, True])
@pytest.mark.parametrize('split', ['train', 'valid'])
def test_what_is_read_is_what_was_written(written, split, clean):
    root, annotations = written
    dataset = build(root, split, clean=clean)
    part = slice(4, None) if split == 'train' else slice(4)
    expected = [one for animal in ('dog', 'sheep') for one in annotations[animal][part]]
    assert len(dataset) == len(expected)
    for info, one in zip(dataset, expected):
        assert info['img_path'].endswith(f'{one["image_id"]}.jpeg')
        np.testing.assert_allclose(info['bbox'], [one['bbox']], rtol=1e-6)
        for name, point, seen in zip(
            NAMES, info['keypoints'][0], info['keypoints_visible'][0]
        ):
            x, y, flag = one['keypoints'][IN_FILE.index(name)]
            assert seen == (flag > 0 if clean else y > 0)
            if seen:
                np.testing.assert_allclose(point, [x, y], rtol=1e-6)
    eye = dataset[0]['keypoints_visible'][0, 1]
    assert eye == 1 - clean  # it has a place, but no flag


def test_one_animal(written):
    root, annotations = written
    infos = build(root, animals=['sheep'])
    assert len(infos) == len(annotations['sheep']) - 4
    with pytest.raises(UserError, match="no animals .'tiger'.*cat, cow, dog"):
        build(root, animals=['tiger'])


def test_a_split_of_our_own_is_by_image(written):
    root, annotations = written
    found = {
        split: [i['img_path'] for i in build(root, split, own_split=True)]
        for split in ('train', 'valid')
    }
    assert sum(map(len, found.values())) == sum(map(len, annotations.values()))
    images = {split: set(paths) for split, paths in found.items()}
    assert not images['train'] & images['valid']
    assert len(images['train']) == 16 and len(images['valid']) == 4
    again = [i['img_path'] for i in build(root, 'valid', own_split=True)]
    assert again == found['valid']


def test_labels_can_be_left_behind(written):
    info = build(written[0], labels=False)[0]
    assert info['bbox'].shape == (1, 4)
    assert not [key for key in info if 'keypoints' in key]


def test_an_animal_none_of_whose_14_is_seen_is_left_out(copied, written):
    path = copied / 'real_animal_pose/dog/test_anno.npy'
    rows = json.loads(json.dumps(written[1]['dog'][:4]))
    for n in range(20):
        if IN_FILE[n] in NAMES:
            rows[0]['keypoints'][n] = [0, 0, 0]
    np.save(path, np.array(rows, dtype=object), allow_pickle=True)
    assert len(build(copied, 'valid', animals=['dog'])) == 3
    assert len(build(copied, 'valid', animals=['dog'], labels=False)) == 4


class Call:
    def __reduce__(self):
        return print, ('run',)


def test_a_split_is_not_run(copied, capsys):
    path = copied / 'real_animal_pose/dog/train_anno.npy'
    np.save(path, np.array([Call()], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match='dog/train_anno.npy` refers to builtins.print'):
        build(copied)
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(UserError, match='train_anno.npy` is not a NumPy array'):
        build(copied)
    assert 'run' not in capsys.readouterr().out


def remove(path):
    return lambda root: (root / path).unlink()


def edit(change):
    def apply(root):
        content = json.loads((root / 'keypoints.json').read_text())
        change(content)
        (root / 'keypoints.json').write_text(json.dumps(content))

    return apply


def put(annotations):
    array = np.array(annotations, dtype=object)
    return lambda root: np.save(
        root / 'real_animal_pose/dog/train_anno.npy', array, allow_pickle=True
    )


@pytest.mark.parametrize(
    'change, message',
    [
        (remove('keypoints.json'), 'has no `keypoints.json`'),
        (remove('images/dog505.jpeg'), 'has no `images/dog505.jpeg`'),
        (remove('real_animal_pose/dog/train_anno.npy'), 'published split .*own_split=True'),
        (edit(lambda c: c.pop('images')), "has a `keypoints.json` .*KeyError: 'images'"),
        (edit(lambda c: c['images'].pop('505')), "KeyError: '505'"),
        (put([dict(image_id=500, keypoints=[[1, 2, 1]] * 17, bbox=[1, 2, 3, 4])]), '20'),
        (put([7, 8]), 'TypeError'),
    ],
)
def test_what_does_not_fit_is_named(copied, change, message):
    change(copied)
    with pytest.raises(UserError, match=message) as caught:
        build(copied)
    assert AnimalPose14.TREE.strip() in str(caught.value)


def test_half_of_the_annotations_is_named(copied):
    path = copied / 'keypoints.json'
    path.write_text(path.read_text()[:-30])
    with pytest.raises(UserError, match='keypoints.json` is not valid JSON'):
        build(copied)


def test_an_animal_that_the_file_does_not_know_is_named(copied):
    edit(lambda content: content['categories'].clear())(copied)
    with pytest.raises(UserError, match='has a `keypoints.json` or split that'):
        build(copied, own_split=True)

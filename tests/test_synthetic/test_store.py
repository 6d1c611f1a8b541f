"""The data set on disk: format, determinism, and what may go wrong."""

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import time
from collections import namedtuple

import cv2
import numpy as np
import pytest
from test_synthetic.conftest import SMALL

from mmpose_uda.decoded_images import read_decoded
from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import HAND21
from mmpose_uda.synthetic import ensure_builtin, store


def files(root):
    """Of the data; what is decoded beside it can be made again."""
    paths = sorted(path for path in root.rglob('*') if path.is_file())
    return [path for path in paths if path.parent.name != 'decoded']


def load(root, domain, split):
    return json.loads((root / domain / 'annotations' / f'{split}.json').read_text())


def test_files_are_complete(built):
    root, manifest = built
    assert manifest == json.loads((root / 'manifest.json').read_text())
    assert manifest['parameters'] == dict(
        name='hand', version=store.VERSIONS['hand'], image_size=128, **SMALL
    )
    for domain in ('rendered', 'photo'):
        for split, number in (('train', 16), ('test', 8)):
            data = load(root, domain, split)
            assert len(data['images']) == len(data['annotations']) == number
            for info, label in zip(data['images'], data['annotations']):
                assert label['image_id'] == info['id']
                image = cv2.imread(str(root / domain / 'images' / info['file_name']))
                assert image.shape == (info['height'], info['width'], 3)
                mask = root / domain / 'masks' / label['mask_file']
                mask = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
                assert mask.shape == image.shape[:2] and mask.dtype == np.uint8
                assert label['area'] == (mask == 255).sum() > 200
    assert not list(root.parent.glob('.hand.partial*'))


def test_stored_joints_project_to_keypoints(built):
    root, _ = built
    for domain in ('rendered', 'photo'):
        data = load(root, domain, 'train')
        for info, label in zip(data['images'], data['annotations']):
            (fx, fy), (cx, cy) = (
                info['camera'][key] for key in ('focal', 'principal_point')
            )
            assert label['num_keypoints'] == len(label['keypoints_3d']) == 21
            for k, (x, y, z) in enumerate(label['keypoints_3d']):
                u, v, flag = label['keypoints'][3 * k : 3 * k + 3]
                assert np.hypot(fx * x / z + cx - u, fy * y / z + cy - v) < 1e-3
                assert flag in (1, 2) and 0 <= u <= 127 and 0 <= v <= 127


def test_keypoints_are_those_of_the_metainfo(built):
    category = load(built[0], 'photo', 'test')['categories'][0]
    names = [HAND21['keypoint_info'][i]['name'] for i in range(21)]
    assert category['keypoints'] == names
    links = [link['link'] for link in HAND21['skeleton_info'].values()]
    assert [tuple(names[i] for i in pair) for pair in category['skeleton']] == links


def test_bytes_do_not_depend_on_the_number_of_workers(built, tmp_path):
    root, manifest = built
    again = ensure_builtin('hand', str(tmp_path / 'again'), workers=1, **SMALL)
    assert again == manifest
    for path in files(root):
        twin = tmp_path / 'again' / path.relative_to(root)
        assert path.read_bytes() == twin.read_bytes(), path


def test_content_hash_covers_every_file(built):
    root, manifest = built
    content = hashlib.sha256()
    for domain in ('rendered', 'photo'):
        for split in ('train', 'test'):
            text = (root / domain / 'annotations' / f'{split}.json').read_bytes()
            content.update(text)
            for info in json.loads(text)['images']:
                name = info['file_name'][:-4]
                image = (root / domain / 'images' / f'{name}.jpg').read_bytes()
                mask = (root / domain / 'masks' / f'{name}.png').read_bytes()
                content.update(hashlib.sha256(image + mask).digest())
    assert content.hexdigest() == manifest['content']


def test_seed_changes_everything_and_splits_differ(built, tmp_path):
    root, manifest = built
    other = dict(SMALL, seed=4, num_train=2, num_test=2)
    assert ensure_builtin('hand', str(tmp_path / 'h'), workers=1, **other) != manifest
    pictures = [
        (path / 'images' / name).read_bytes()
        for path in (root / 'rendered', root / 'photo', tmp_path / 'h' / 'photo')
        for name in ('train_00000.jpg', 'test_00000.jpg')
    ]
    assert len(set(pictures)) == len(pictures)


def test_finished_data_is_used_again(built, monkeypatch):
    root, manifest = built
    monkeypatch.setattr(store, 'write_dataset', None)  # would raise when called
    assert ensure_builtin('hand', str(root), **SMALL) == manifest


def test_images_and_masks_are_decoded_once(built, monkeypatch):
    root, manifest = built
    for domain in ('rendered', 'photo'):
        for path in (root / domain / 'images').iterdir():
            found = read_decoded(str(path), cv2.IMREAD_COLOR)
            np.testing.assert_array_equal(found, cv2.imread(str(path)))
        for path in (root / domain / 'masks').iterdir():
            mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            found = read_decoded(str(path), cv2.IMREAD_GRAYSCALE)
            np.testing.assert_array_equal(found, mask)
    monkeypatch.setattr(cv2, 'imdecode', None)  # would raise when called
    assert ensure_builtin('hand', str(root), **SMALL) == manifest


def test_data_that_cannot_be_written_to_is_used_as_it_is(built, monkeypatch):
    root, manifest = built

    def refuse(*_):
        raise PermissionError(errno.EROFS, 'Read-only file system')

    monkeypatch.setattr(store, 'decode_once', refuse)
    assert ensure_builtin('hand', str(root), **SMALL) == manifest


@pytest.fixture
def copy(built, tmp_path):
    shutil.copytree(built[0], tmp_path / 'copy')
    return tmp_path / 'copy'


@pytest.mark.parametrize('change', [dict(seed=5), dict(num_train=17)])
def test_other_parameters_are_refused(copy, change):
    key, value = next(iter(change.items()))
    wanted = f'{copy} .*{key}={SMALL[key]} instead of {value}'
    with pytest.raises(UserError, match=wanted):
        ensure_builtin('hand', str(copy), **{**SMALL, **change})
    assert (copy / 'manifest.json').exists()  # nothing is deleted


@pytest.mark.parametrize(
    'path', ['photo/images/train_00003.jpg', 'rendered/masks/test_00001.png']
)
def test_deleted_file_is_noticed(copy, path):
    (copy / path).unlink()
    with pytest.raises(UserError, match=f'{copy}.* is damaged .*run again'):
        ensure_builtin('hand', str(copy), **SMALL)


def test_changed_annotations_are_noticed(copy):
    path = copy / 'photo' / 'annotations' / 'train.json'
    path.write_text(path.read_text().replace('"iscrowd": 0', '"iscrowd": 1', 1))
    with pytest.raises(UserError, match=f'{path} was changed or deleted'):
        ensure_builtin('hand', str(copy), **SMALL)


def test_other_folder_is_not_touched(tmp_path):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'thesis.txt').write_text('all of it')
    with pytest.raises(UserError, match='mine is no finished built-in data set'):
        ensure_builtin('hand', str(tmp_path / 'mine'), **SMALL)
    assert (tmp_path / 'mine' / 'thesis.txt').read_text() == 'all of it'


@pytest.mark.parametrize('name', ['num_train', 'num_test', 'image_size', 'workers', 'seed'])
def test_numbers_that_are_too_small_are_told(tmp_path, name):
    with pytest.raises(UserError, match=f'`{name}` of the built-in data is -3: let it be'):
        ensure_builtin('hand', str(tmp_path / 'data'), **{name: -3})
    assert not any(tmp_path.iterdir())


def test_unknown_name():
    with pytest.raises(UserError, match="no built-in data set 'paw': choose one of"):
        ensure_builtin('paw', 'anywhere')


def test_full_disk_is_refused_before_starting(tmp_path, monkeypatch):
    usage = namedtuple('usage', 'total used free')
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: usage(9, 9, 100_000))
    with pytest.raises(UserError, match='needs .* MB and 0 MB are free'):
        ensure_builtin('hand', str(tmp_path / 'hand'), **SMALL)
    assert not (tmp_path / 'hand').exists()


def test_estimate_of_space_is_enough(built):
    root, _ = built
    used = sum(4096 * -(-path.stat().st_size // 4096) for path in files(root))
    assert used < store.space_needed(48, 128) < 4 * used


def test_disk_that_becomes_full_is_reported(tmp_path, monkeypatch):
    def write(*args):
        (tmp_path / f'.hand.partial-{os.getpid()}' / 'some.jpg').write_text('half')
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(store, 'write_dataset', write)
    with pytest.raises(UserError, match='disk became full .*free some space'):
        ensure_builtin('hand', str(tmp_path / 'hand'), **SMALL)
    assert not list(tmp_path.glob('.hand.partial*'))
    assert not (tmp_path / 'hand').exists()


def run(root, **kwargs):
    ensure_builtin('hand', root, **{**SMALL, **kwargs})


def test_killed_run_is_recovered(built, tmp_path):
    """SIGKILL leaves no data set, no workers that hold the lock, and no rubbish."""
    root = tmp_path / 'hand'
    context = multiprocessing.get_context('fork')
    victim = context.Process(
        target=run, args=(str(root),), kwargs=dict(workers=2, num_train=3000)
    )
    victim.start()
    deadline = time.time() + 60
    while not list(tmp_path.glob('.hand.partial*/rendered/images/*')):
        assert time.time() < deadline and victim.is_alive()
        time.sleep(0.05)
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    assert not root.exists()
    manifest = ensure_builtin('hand', str(root), workers=1, **SMALL)
    assert manifest == built[1]
    assert not list(tmp_path.glob('.hand.partial*'))


def test_ranks_that_come_together_make_the_data_once(built, tmp_path):
    context = multiprocessing.get_context('fork')
    root = tmp_path / 'hand'
    ranks = [
        context.Process(target=run, args=(str(root),), kwargs=dict(workers=1))
        for _ in range(2)
    ]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join()
    assert [rank.exitcode for rank in ranks] == [0, 0]
    assert json.loads((root / 'manifest.json').read_text()) == built[1]

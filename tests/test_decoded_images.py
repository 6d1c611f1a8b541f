import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmpose_uda import decoded_images
from mmpose_uda.datasets.transforms import LoadPoseImage, LoadPoseMask
from mmpose_uda.decoded_images import decode_once, read_decoded


@pytest.fixture
def folder(tmp_path):
    """Four photographs, and one that is none."""
    (tmp_path / 'images').mkdir()
    rng = np.random.default_rng(0)
    for n in range(4):
        write(tmp_path / f'images/{n}.jpg', rng.integers(0, 256, (6, 8, 3), np.uint8))
    (tmp_path / 'images/bad.jpg').write_bytes(b'')
    return tmp_path / 'images'


@pytest.fixture(autouse=True)
def as_in_a_new_process():
    decoded_images._opened.cache_clear()


def write(path, image):
    cv2.imwrite(str(path), image)


def decode(folder):
    decode_once(str(folder), cv2.IMREAD_COLOR)
    decoded_images._opened.cache_clear()
    return {path.name for path in (folder.parent / 'decoded').iterdir()}


def read(path):
    return read_decoded(str(path), cv2.IMREAD_COLOR)


def test_pixels_are_those_of_decoding(folder):
    assert read(folder / '0.jpg') is None
    decode(folder)
    for n in range(4):
        found = read(folder / f'{n}.jpg')
        np.testing.assert_array_equal(found, cv2.imread(str(folder / f'{n}.jpg')))
        found[:] = 0  # the caller's own
    assert read(folder / '0.jpg').any()
    assert read(folder / 'bad.jpg') is None and read(folder / 'other.jpg') is None
    assert read_decoded(str(folder / '0.jpg'), cv2.IMREAD_GRAYSCALE) is None


def test_what_changed_is_decoded_again(folder):
    files = decode(folder)
    assert decode(folder) == files
    pixels = read(folder / '1.jpg')
    before = (folder / '1.jpg').stat()
    write(folder / '1.jpg', 255 - pixels)
    os.utime(folder / '1.jpg', ns=(0, before.st_mtime_ns + 1))
    assert read(folder / '1.jpg') is None  # not what it was
    np.testing.assert_array_equal(read(folder / '2.jpg'), cv2.imread(str(folder / '2.jpg')))
    assert len(decode(folder)) == 2 and decode(folder) != files
    assert (read(folder / '1.jpg') != pixels).any()


def test_an_image_of_another_size_is_left_alone(folder):
    write(folder / '1.jpg', np.zeros((9, 9, 3), np.uint8))
    files = decode(folder)
    assert read(folder / '1.jpg') is None
    np.testing.assert_array_equal(read(folder / '2.jpg'), cv2.imread(str(folder / '2.jpg')))
    assert decode(folder) == files  # and not tried at every start


@pytest.mark.parametrize('damage', ['pixels', 'index', 'no pixels'])
def test_damage_is_mended(folder, damage):
    files = decode(folder)
    (pixels,) = (folder.parent / 'decoded').glob('*.npy')
    if damage == 'no pixels':
        pixels.unlink()
    else:
        path = pixels if damage == 'pixels' else folder.parent / 'decoded/images.json'
        path.write_bytes(path.read_bytes()[:-20])
    decoded_images._opened.cache_clear()
    assert read(folder / '0.jpg') is None
    assert decode(folder) == files
    assert read(folder / '0.jpg') is not None


def test_a_disk_with_little_room_is_left_alone(folder, monkeypatch):
    monkeypatch.setattr(decoded_images, '_SHARE_OF_FREE', 0)
    assert decode(folder) == set()
    assert read(folder / '0.jpg') is None


def test_an_index_reaches_no_other_folder(folder, tmp_path):
    decode(folder)
    index = tmp_path / 'decoded/images.json'
    content = json.loads(index.read_text())
    np.save(tmp_path / 'secret.npy', np.zeros((4, 6, 8, 3), np.uint8))
    index.write_text(json.dumps(dict(content, pixels='../secret.npy')))
    decoded_images._opened.cache_clear()
    assert read(folder / '0.jpg') is None


def test_loading_takes_them(folder, tmp_path, monkeypatch):
    path = str(folder / '0.jpg')
    (tmp_path / 'masks').mkdir()
    write(tmp_path / 'masks/0.png', np.eye(6, 8, dtype=np.uint8) * 255)

    def load():
        results = dict(img_path=path, mask_path=str(tmp_path / 'masks/0.png'))
        return LoadPoseMask()(LoadPoseImage()(results))

    expected = load()
    gray = LoadPoseImage(color_type='grayscale')(dict(img_path=path))['img']
    decode(folder)
    decode_once(str(tmp_path / 'masks'), cv2.IMREAD_GRAYSCALE)
    decoded_images._opened.cache_clear()
    monkeypatch.setattr('mmengine.fileio.get', lambda *_, **__: Path('gone').read_bytes())
    found = load()
    assert found.keys() == expected.keys()
    for key in ('img', 'mask', 'bbox', 'img_shape', 'ori_shape'):
        np.testing.assert_array_equal(found[key], expected[key])
    monkeypatch.undo()
    np.testing.assert_array_equal(
        LoadPoseImage(color_type='grayscale')(dict(img_path=path))['img'], gray
    )

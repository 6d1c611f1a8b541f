"""Listing the images of a folder."""

import json
import os

import cv2
import numpy as np
import pytest

from mmpose_uda import UserError
from mmpose_uda.datasets import image_folder
from mmpose_uda.datasets.image_folder import (
    find_images,
    load_boxes,
    require_near_boxes,
)


def test_images_are_listed_but_for_one_folder(tmp_path):
    for name in ('b.png', 'a/c.JPG', 'out/d.png', 'out/e/f.png', 'out_2/g.png', 'h.txt'):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    folder = str(tmp_path)
    everything = ['a/c.JPG', 'b.png', 'out/d.png', 'out/e/f.png', 'out_2/g.png']
    assert find_images(folder) == everything
    left = ['a/c.JPG', 'b.png', 'out_2/g.png']
    assert find_images(folder, without=str(tmp_path / 'out')) == left
    with pytest.raises(UserError, match='holds no images'):
        find_images(folder, without=folder)


def _touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    _touch(
        tmp_path,
        'a.jpg',
        '._a.jpg',
        '.hidden/b.jpg',
        '__MACOSX/a.jpg',
        'sub/.ipynb_checkpoints/c.png',
        'sub/c.png',
    )
    assert find_images(str(tmp_path)) == ['a.jpg', 'sub/c.png']


def test_a_folder_of_masks_is_passed_over(tmp_path):
    _touch(
        tmp_path, 'a.jpg', 'masks/.nomedia', 'masks/a_0.png', 'sub/.nomedia', 'sub/b.jpg'
    )
    assert find_images(str(tmp_path)) == ['a.jpg']
    assert find_images(str(tmp_path / 'sub')) == ['b.jpg']  # whoever names it means it


def test_linked_folders_are_followed_once(tmp_path):
    _touch(tmp_path, 'photos/a.jpg', 'elsewhere/b.jpg', 'elsewhere/deep/c.jpg')
    photos = tmp_path / 'photos'
    (photos / 'linked').symlink_to(tmp_path / 'elsewhere')
    (tmp_path / 'elsewhere' / 'back').symlink_to(photos)  # a circle
    assert find_images(str(photos)) == ['a.jpg', 'linked/b.jpg', 'linked/deep/c.jpg']


def test_pictures_of_other_types_are_counted(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(image_folder, 'print_log', lambda text, *_, **__: said.append(text))
    _touch(tmp_path, 'a.jpg', 'b.HEIC', 'c/d.heic', 'e.gif', 'boxes.json', 'notes.txt')
    assert find_images(str(tmp_path)) == ['a.jpg']
    assert '(1 .gif, 2 .heic)' in said[0]


@pytest.mark.parametrize(
    'name, counted',
    [
        ('b.jfif', '1 .jfif'),
        ('b.jp2', '1 .jp2'),
        ('b.PSD', '1 .psd'),
        ('b.mov', '1 .mov'),
        ('c/IMG_0001', '1 without a suffix'),
        ('b.jpg.txt', '1 .jpg.txt'),
    ],
)
def test_pictures_of_other_names_are_counted(tmp_path, monkeypatch, name, counted):
    said = []
    monkeypatch.setattr(image_folder, 'print_log', lambda text, *_, **__: said.append(text))
    _touch(tmp_path, 'a.jpg', 'LICENSE', 'a.jpg.json', 'a.png.txt', name)
    picture = cv2.imencode('.jpg', np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    (tmp_path / name).write_bytes(picture)
    assert find_images(str(tmp_path)) == ['a.jpg']
    assert len(said) == 1 and f'({counted})' in said[0]


def test_what_is_no_file_is_left_out_and_told(tmp_path, monkeypatch):
    """To read a device or a pipe would take for ever."""
    said = []
    monkeypatch.setattr(image_folder, 'print_log', lambda text, *_, **__: said.append(text))
    _touch(tmp_path, 'a.jpg', 'real/b.jpg')
    os.mkfifo(tmp_path / 'pipe.jpg')
    for name, there in (('zero', '/dev/zero'), ('gone', 'gone'), ('c', 'real/b.jpg')):
        (tmp_path / f'{name}.jpg').symlink_to(there)
    assert find_images(str(tmp_path)) == ['a.jpg', 'c.jpg', 'real/b.jpg']
    (sentence,) = said
    assert sentence.startswith('3 of the 6 names of images in ')
    assert sentence.endswith('remove gone.jpg, pipe.jpg, zero.jpg.')


def test_boxes_of_what_is_trained_on_are_within_reach():
    boxes = {'a.jpg': np.zeros((0, 4)), 'b.jpg': np.array([[0, 0, 9, 9], [0, 0, 2e9, 4]])}
    with pytest.raises(UserError, match='`b.jpg` in `boxes.json` reaches 2000000000 px'):
        require_near_boxes(boxes, 'boxes.json')
    require_near_boxes({'b.jpg': boxes['b.jpg'][:1]}, 'boxes.json')


@pytest.mark.parametrize(
    'boxes, said',
    [
        ([1, 2, 3, 4, 0.9], 'five numbers.*leave the score out'),
        ([[1, 2, 3, 4, 0.9]] * 4, 'five numbers'),
        ([[1, 2], [3, 4]], 'are not \\[x, y, w, h\\]'),
        ([1, 2, 3], 'are not'),
        ({'x': 1}, 'are not'),
        ('1 2 3 4', 'are not'),
        (None, 'are not'),
        ([[1, 2, 3, 4], [1, 2]], 'are not'),
        ([1, 2, 0, 4], 'positive, finite'),
        ([1, 2, float('nan'), 4], 'positive, finite'),
        ([1, 2, 10**400, 4], 'are not'),
    ],
)
def test_boxes_that_are_none(tmp_path, boxes, said):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps({'a.jpg': boxes}))
    with pytest.raises(UserError, match=f'`a.jpg`.*boxes.json.*{said}'):
        load_boxes(str(path), str(tmp_path), ['a.jpg'])


def test_boxes(tmp_path):
    path = tmp_path / 'boxes.json'
    path.write_text('{"a.jpg": [1, 2, 3, 4], "b.jpg": [], "c.jpg": [[1, 2, 3, 4]]}')
    boxes = load_boxes(str(path), str(tmp_path), ['a.jpg', 'b.jpg', 'c.jpg'])
    assert {name: found.tolist() for name, found in boxes.items()} == {
        'a.jpg': [[1, 2, 3, 4]],
        'b.jpg': [],
        'c.jpg': [[1, 2, 3, 4]],
    }


def test_images_that_have_no_boxes_are_counted(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(image_folder, 'print_log', lambda text, *_: said.append(text))
    path = tmp_path / 'boxes.json'
    path.write_text('{"a.jpg": [1, 2, 3, 4], "b.jpg": []}')
    load_boxes(str(path), 'photos', ['a.jpg', 'b.jpg'])
    assert said == []  # nobody is in b.jpg
    load_boxes(str(path), 'photos', ['a.jpg', 'b.jpg', 'c.jpg'])
    told = f'`{path}` names 2 of the 3 images of `photos`: the others are left out.'
    assert said == [told]


@pytest.mark.parametrize(
    'content',
    [
        dict(images=[], annotations=[], categories=[]),
        [dict(image_id=1, bbox=[1, 2, 3, 4])],
        {'1': [1, 2, 3, 4]},
    ],
)
def test_boxes_of_another_format(tmp_path, content):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match='boxes.json` holds no boxes by.*or do without it'):
        load_boxes(str(path), str(tmp_path), ['a.jpg'])

"""Listing the images of a folder."""

import json

import pytest

from mmpose_uda import UserError
from mmpose_uda.datasets import image_folder
from mmpose_uda.datasets.image_folder import find_images, load_boxes


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
        ([0, 0, 2e9, 4], 'further than any image'),
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

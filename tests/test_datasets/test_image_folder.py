"""Listing the images of a folder."""

import pytest

from mmpose_uda import UserError
from mmpose_uda.datasets.image_folder import find_images


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

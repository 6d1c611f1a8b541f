import cv2
import numpy as np
import pytest
import torch

from mmpose_uda import UserError
from mmpose_uda.datasets.style_images import StyleImages

COLOURS = [(10, 20, 30), (200, 100, 0), (5, 5, 250)]  # BGR


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'sub').mkdir()
    for name, colour in zip(['a.png', 'b.png', 'sub/c.png'], COLOURS):
        cv2.imwrite(str(tmp_path / name), np.full((20, 30, 3), colour, np.uint8))
    return tmp_path


def test_images_are_stretched_to_the_size(folder):
    images = StyleImages(str(folder)).draw(2, (8, 12))
    assert images.shape == (2, 3, 8, 12) and images.dtype == torch.uint8


def test_all_images_are_drawn_equally_often(folder):
    torch.manual_seed(0)
    images = StyleImages(str(folder)).draw(300, (2, 2))
    assert images.flatten(2).float().std(-1).max() == 0
    colours, counts = images[:, :, 0, 0].unique(dim=0, return_counts=True)
    assert set(map(tuple, colours.tolist())) == set(COLOURS)
    assert counts.min() > 70


def test_draws_follow_the_random_state(folder):
    images = StyleImages(str(folder))
    drawn = []
    for _ in range(2):
        torch.manual_seed(4)
        drawn.append(images.draw(9, (4, 4)))
    assert torch.equal(*drawn)
    assert not torch.equal(images.draw(9, (4, 4)), drawn[0])


def test_a_file_is_read_once_a_size(folder):
    images = StyleImages(str(folder))
    images.draw(50, (4, 4))
    for path in folder.rglob('*.png'):
        path.unlink()
    assert len(images.draw(50, (4, 4))) == 50
    with pytest.raises(UserError, match='missing or does not decode'):
        images.draw(1, (4, 6))

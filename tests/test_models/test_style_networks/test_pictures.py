import pytest
import torch

from mmpose_uda.models.style_networks.pictures import to_network, to_pictures


def test_colours_are_rgb_between_0_and_1():
    picture = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    picture[:, 0] = 255  # blue
    picture[:, 1] = 51
    images = to_network(picture)
    assert images.dtype == torch.float32
    expected = torch.tensor([0.0, 0.2, 1.0]).view(1, 3, 1, 1).expand(1, 3, 16, 16)
    torch.testing.assert_close(images, expected)


@pytest.mark.parametrize('size', [(16, 24), (17, 24), (33, 46), (5, 40)])
def test_there_and_back(size):
    pictures = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8)
    images = to_network(pictures)
    assert all(side % 8 == 0 and side >= 16 for side in images.shape[2:])
    assert images.shape[2] - size[0] < 8 or size[0] < 16
    torch.testing.assert_close(
        images[..., -1, :], images[..., size[0] - 1, :], rtol=0, atol=0
    )
    found = to_pictures(images, *size)
    torch.testing.assert_close(found, pictures.float(), rtol=0, atol=1e-4)


def test_what_is_no_colour_is_clipped():
    images = torch.tensor([-1.0, 0.5, 2.0]).view(1, 3, 1, 1)
    assert to_pictures(images, 1, 1).flatten().tolist() == [255.0, 127.5, 0.0]

import pytest
import torch
from style_factory import restyled

from mmpose_uda.models.style_networks import PyramidStyle
from mmpose_uda.models.utils import pyramid_adain


def test_strength_mixes_content_and_style():
    content = torch.randint(0, 256, (3, 3, 16, 24), dtype=torch.uint8)
    style = torch.randint(0, 100, (3, 3, 16, 24), dtype=torch.uint8)
    strength = torch.tensor([0.0, 0.25, 1.0]).view(3, 1, 1, 1)
    found = restyled(PyramidStyle(levels=2), content, style, strength)
    full = pyramid_adain(content.float(), style.float(), 2).clamp(0, 255)
    torch.testing.assert_close(found[2], full[2])
    assert torch.equal(found[0], content[0].float())
    torch.testing.assert_close(found[1], 0.75 * content[1].float() + 0.25 * full[1])


@pytest.mark.parametrize('size', [(8, 8), (60, 60), (64, 45), (5, 3)])
def test_images_of_any_size(size):
    content, style = torch.randint(0, 256, (2, 2, 3, *size), dtype=torch.uint8)
    found = restyled(PyramidStyle(), content, style, torch.ones(2, 1, 1, 1))
    assert found.shape == content.shape and found.isfinite().all()
    assert (found != content).any()

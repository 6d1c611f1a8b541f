import pytest
import torch
from style_factory import decoder_weights
from torch import nn
from torch.nn import functional as F

from mmpose_uda import UserError
from mmpose_uda.models.style_networks.decoder import load_decoder, make_decoder


def test_keys_and_shapes_are_the_public_ones():
    found = {key: value.shape for key, value in make_decoder().state_dict().items()}
    expected = {key: value.shape for key, value in decoder_weights().items()}
    assert found == expected


@torch.no_grad()
def test_decodes_as_the_public_code(files):
    features = torch.randn(2, 512, 2, 3)
    weights = decoder_weights()
    expected = features
    for key in [key for key in weights if key.endswith('weight')]:
        padded = F.pad(expected, (1, 1, 1, 1), mode='reflect')
        expected = F.conv2d(padded, weights[key], weights[key.replace('weight', 'bias')])
        if key != '28.weight':
            expected = expected.relu()
        if key in ('1.weight', '14.weight', '21.weight'):
            expected = expected.repeat_interleave(2, 2).repeat_interleave(2, 3)
    found = load_decoder(files['decoder'])(features)
    assert found.shape == (2, 3, 16, 24)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_loading_draws_no_random_numbers(files):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    decoder = load_decoder(files['decoder'])
    assert torch.equal(torch.rand(2), expected)
    assert isinstance(decoder, nn.Sequential)
    assert all(value.device.type == 'cpu' for value in decoder.state_dict().values())


def test_what_is_no_decoder_is_refused(files):
    with pytest.raises(UserError, match='no file gone.pth .*decoder.*adain_vgg19.py'):
        load_decoder('gone.pth')
    with pytest.raises(UserError, match='public.pth has no `1.weight`.*AdaIN decoder'):
        load_decoder(files['public'])

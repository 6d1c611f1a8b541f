"""The decoder of AdaIN style transfer: from relu4_1 back to an image."""

import torch
from torch import nn

from .weights import PUBLIC, check_weights, read_weights

_ROLE = 'AdaIN decoder'
_REMEDY = (
    f'give the path of `decoder.pth` of {PUBLIC}, or train one with '
    'configs/style/adain_vgg19.py (public data sets: adain_published.py beside it)'
)
_DOUBLE = 'double'
_LAYERS = (256, _DOUBLE, 256, 256, 256, 128, _DOUBLE, 128, 64, _DOUBLE, 64, 3)


def make_decoder() -> nn.Sequential:
    """An untrained decoder (Huang & Belongie 2017, sec. 6.1): the encoder in reverse.

    Nearest-neighbour upsampling replaces pooling, and padding is by reflection.

    Returns:
        nn.Sequential: [B, 512, H, W] -> RGB [B, 3, 8H, 8W], 0..1 but not clipped. Its
        state dict has the keys of the public ``decoder.pth``.
    """
    layers: list[nn.Module] = []
    channels = 512
    for step in _LAYERS:
        if step == _DOUBLE:
            layers.append(nn.Upsample(scale_factor=2))
            continue
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, step, 3), nn.ReLU()]
        channels = step
    return nn.Sequential(*layers[:-1])  # no ReLU on the output image


def load_decoder(path: str) -> nn.Sequential:
    """Load a decoder with weights from a file in the public format.

    Args:
        path (str): File or URL.

    Raises:
        UserError: The file is missing or holds something else.
    """
    weights = read_weights(path, _ROLE, _REMEDY)
    with torch.device('meta'):  # drawing random numbers would change those of a run
        decoder = make_decoder()
    shapes = {key: tuple(value.shape) for key, value in decoder.state_dict().items()}
    check_weights(path, _ROLE, weights, shapes, _REMEDY)
    weights = {key: weights[key].float() for key in shapes}
    decoder.load_state_dict(weights, assign=True)
    return decoder

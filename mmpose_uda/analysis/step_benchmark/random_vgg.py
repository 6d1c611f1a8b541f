"""A VGG-19 style network with random weights, which needs no download."""

from pathlib import Path

import torch
from mmengine.config import Config
from torch import nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.style_networks.decoder import make_decoder

# Layer -> channels of VGG-19 up to relu4_1, numbered as in torchvision
_CHANNELS = {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256, 16: 256, 19: 512}


def use_random_vgg(cfg: Config, folder: str) -> None:
    """Make a config exchange style by a VGG-19 of random weights, as slow as a trained one.

    Args:
        cfg (Config): Config that is changed in place.
        folder (str): Folder to which the weights are written.

    Raises:
        UserError: The config has no style exchange.
    """
    hooks = [h for h in cfg.get('custom_hooks') or () if h.type == 'AdaINStyleHook']
    if not hooks:
        raise UserError(f'{cfg.filename} has no AdaINStyleHook: leave --random-vgg out.')
    encoder, channels = {}, 3
    for number, width in _CHANNELS.items():
        layer = nn.Conv2d(channels, width, 3)
        for key, value in layer.state_dict().items():
            encoder[f'features.{number}.{key}'] = value
        channels = width
    states = dict(encoder=encoder, decoder=make_decoder().state_dict())
    files = {name: str(Path(folder, f'{name}.pth')) for name in states}
    for name, state in states.items():
        torch.save(state, files[name])
    for hook in hooks:
        hook.style = dict(type='VGG19Style', **files)

"""The encoder of AdaIN style transfer: VGG-19 up to relu4_1."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .weights import PUBLIC, check_weights, read_weights

_ROLE = 'VGG-19 encoder'
_REMEDY = (
    f'give the path of `vgg_normalised.pth` of {PUBLIC} or of the VGG-19 weights of '
    'torchvision'
)
# Name, input and output channels of the 3x3 convolutions.
_CONVOLUTIONS = (
    ('1_1', 3, 64),
    ('1_2', 64, 64),
    ('2_1', 64, 128),
    ('2_2', 128, 128),
    ('3_1', 128, 256),
    ('3_2', 256, 256),
    ('3_3', 256, 256),
    ('3_4', 256, 256),
    ('4_1', 256, 512),
)
# Their positions in each kind of file. Both files continue past relu4_1; that is not read.
_IN_PUBLIC = (2, 5, 9, 12, 16, 19, 22, 25, 29)
_IN_TORCHVISION = (0, 2, 5, 7, 10, 12, 14, 16, 19)
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class VGG19Encoder(nn.Module):
    """VGG-19 up to relu4_1 (Simonyan & Zisserman 2014), pre-trained and fixed.

    Two kinds of weights are distinguished by their keys. Those of the public AdaIN code,
    ``vgg_normalised.pth``, are a numbered sequence that begins with a 1x1 convolution of
    the colours and pads by reflection; their channels have a mean activation of 1. Those
    of torchvision (``features.N.weight``) take colours normalised by the mean and deviation
    of ImageNet, here a 1x1 convolution too, and pad with zeros. A decoder fits only the
    encoder that it was trained with.

    All weights are buffers outside the state dict: no optimizer finds them, and
    checkpoints do not repeat them.

    Args:
        path (str): File or URL of the weights.

    Raises:
        UserError: The file is missing or is of neither kind.
    """

    def __init__(self, path: str):
        super().__init__()
        weights = read_weights(path, _ROLE, _REMEDY)
        from_torchvision = any(str(key).startswith('features.') for key in weights)
        if from_torchvision:
            names = [f'features.{n}' for n in _IN_TORCHVISION]
        else:
            names = [str(n) for n in _IN_PUBLIC]
        shapes = {} if from_torchvision else _shapes('0', 3, 3, 1)
        for name, (_, inputs, outputs) in zip(names, _CONVOLUTIONS):
            shapes.update(_shapes(name, inputs, outputs, 3))
        check_weights(path, _ROLE, weights, shapes, _REMEDY)

        if from_torchvision:
            self.colours = _FixedConv(*_normalization(), 'constant')
        else:
            self.colours = _FixedConv(weights['0.weight'], weights['0.bias'], 'reflect')
        padding = 'constant' if from_torchvision else 'reflect'
        self.stages = nn.ModuleList()
        layers: list[nn.Module] = []
        for (layer, _, _), name in zip(_CONVOLUTIONS, names):
            opens_block = layer.endswith('_1')
            if opens_block and layer != '1_1':
                layers.append(nn.MaxPool2d(2))
            weight, bias = weights[f'{name}.weight'], weights[f'{name}.bias']
            layers += [_FixedConv(weight, bias, padding), nn.ReLU()]
            if opens_block:
                self.stages.append(nn.Sequential(*layers))
                layers = []

    def forward(self, images: Tensor) -> list[Tensor]:
        """Encode images.

        Args:
            images (Tensor): RGB [B, 3, H, W], 0..1; H and W divisible by 8, at least 16.

        Returns:
            list[Tensor]: relu1_1 [B, 64, H, W], relu2_1 [B, 128, H/2, W/2],
            relu3_1 [B, 256, H/4, W/4] and relu4_1 [B, 512, H/8, W/8].
        """
        features = self.colours(images)
        found = []
        for stage in self.stages:
            features = stage(features)
            found.append(features)
        return found


class _FixedConv(nn.Module):
    """A convolution that keeps the size of its input and is never trained.

    Args:
        weight (Tensor): [C', C, k, k], k odd.
        bias (Tensor): [C'].
        padding (str): 'reflect' or 'constant' (zeros).
    """

    def __init__(self, weight: Tensor, bias: Tensor, padding: str):
        super().__init__()
        # Files may hold half precision, or views of one large storage.
        for name, value in (('weight', weight), ('bias', bias)):
            value = value.detach().float().clone(memory_format=torch.contiguous_format)
            self.register_buffer(name, value, persistent=False)
        self.padding = padding
        self.margin = weight.shape[-1] // 2

    def forward(self, x: Tensor) -> Tensor:
        if self.margin:
            x = F.pad(x, 4 * (self.margin,), mode=self.padding)
        return F.conv2d(x, self.weight, self.bias)


def _shapes(name: str, inputs: int, outputs: int, kernel: int) -> dict[str, tuple]:
    return {
        f'{name}.weight': (outputs, inputs, kernel, kernel),
        f'{name}.bias': (outputs,),
    }


def _normalization() -> tuple[Tensor, Tensor]:
    """(x - mean) / std of each colour as a 1x1 convolution."""
    mean, std = torch.tensor(_MEAN), torch.tensor(_STD)
    return torch.diag(1 / std)[..., None, None], -mean / std

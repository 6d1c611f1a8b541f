"""Networks that give an image the style of another, and the training of one."""

from .adain_style_transfer import AdaINStyleTransfer
from .pyramid_style import PyramidStyle
from .restyling import Direction, restyle
from .style_bank import StyleBank
from .vgg19_encoder import VGG19Encoder
from .vgg19_style import VGG19Style

__all__ = [
    'AdaINStyleTransfer',
    'Direction',
    'PyramidStyle',
    'StyleBank',
    'VGG19Encoder',
    'VGG19Style',
    'restyle',
]

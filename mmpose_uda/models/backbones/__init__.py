from .frozen_backbone import FrozenBackbone
from .masked_vit import ConvStem, MaskedVisionTransformer

__all__ = ['ConvStem', 'FrozenBackbone', 'MaskedVisionTransformer']

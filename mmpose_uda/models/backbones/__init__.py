from .efficientnet_lite import EfficientNetLite0
from .masked_vit import MaskedVisionTransformer
from .stems import BackboneStem, ConvStem

__all__ = ['BackboneStem', 'ConvStem', 'EfficientNetLite0', 'MaskedVisionTransformer']

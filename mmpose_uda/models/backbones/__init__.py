from .masked_vit import ConvStem, MaskedVisionTransformer

__all__ = ['ConvStem', 'MaskedVisionTransformer']

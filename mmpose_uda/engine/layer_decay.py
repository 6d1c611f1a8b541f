"""Layer-wise learning rates for a student."""

import logging
from typing import Iterator, Optional

from mmengine.logging import print_log
from mmpose.engine.optim_wrappers.layer_decay_optim_wrapper import (
    LayerDecayOptimWrapperConstructor,
)
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

from mmpose_uda.models.utils import is_pretrained


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class StudentLayerDecayOptimWrapperConstructor(LayerDecayOptimWrapperConstructor):
    """mmpose's layer-wise decay of learning rates, as in ViTPose, for a student.

    mmpose finds layers by names that begin with ``backbone.``. A student's names begin with
    ``student.backbone.``, so that all its layers would get the rate of the last one.

    It warns of a backbone that does not start from a checkpoint, because its first layers
    would hardly leave their random weights.

    Args:
        optim_wrapper_cfg (dict): As for mmpose's constructor.
        paramwise_cfg (dict): As for mmpose's constructor: ``num_layers`` and
            ``layer_decay_rate``.
    """

    def add_params(
        self,
        params: list[dict],
        module: nn.Module,
        prefix: str = '',
        lr: Optional[float] = None,
    ) -> None:
        """Add the groups of a ``DomainAdaptivePoseEstimator`` to ``params``."""
        if self.layer_decay_rate < 1 and not any(
            map(is_pretrained, (module.student, module.student.backbone))
        ):
            print_log(
                f'The backbone learns with layer_decay_rate={self.layer_decay_rate}, which '
                'keeps its first layers nearly as they are, and its config names no '
                'checkpoint: name one in `model.estimator.backbone.init_cfg`, or set '
                '`optim_wrapper.paramwise_cfg.layer_decay_rate=1`. (A run that goes on '
                'from a checkpoint needs neither.)',
                'current',
                logging.WARNING,
            )
        super().add_params(params, _PlainNames(module), prefix, lr)


class _PlainNames:
    """The trained parameters, under their names in a plain estimator."""

    def __init__(self, model: nn.Module):
        self.model = model

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        averaged = set(map(id, self.model.averaged_parameters()))
        for name, parameter in self.model.named_parameters():
            if id(parameter) not in averaged:
                yield name.removeprefix('student.'), parameter

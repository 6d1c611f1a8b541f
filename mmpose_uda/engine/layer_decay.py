"""Layer-wise learning rates of a student."""

from typing import Iterator, Optional

from mmpose.engine.optim_wrappers.layer_decay_optim_wrapper import (
    LayerDecayOptimWrapperConstructor,
)
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class StudentLayerDecayOptimWrapperConstructor(LayerDecayOptimWrapperConstructor):
    """mmpose's layer-wise decay of learning rates, as ViTPose has it, for a student.

    mmpose finds a layer by names that begin with ``backbone.``. Those of a student begin
    with ``student.backbone.``, and all its layers would get the rate of the last.

    Args:
        optim_wrapper_cfg (dict): As for mmpose's.
        paramwise_cfg (dict): As for mmpose's: ``num_layers`` and ``layer_decay_rate``.
    """

    def add_params(
        self,
        params: list[dict],
        module: nn.Module,
        prefix: str = '',
        lr: Optional[float] = None,
    ) -> None:
        """Add the groups of a ``DomainAdaptivePoseEstimator`` to ``params``."""
        super().add_params(params, _PlainNames(module), prefix, lr)


class _PlainNames:
    """The trained parameters under the names that a plain estimator has for them."""

    def __init__(self, model: nn.Module):
        self.model = model

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        averaged = set(map(id, self.model.averaged_parameters()))
        for name, parameter in self.model.named_parameters():
            if id(parameter) not in averaged:
                yield name.removeprefix('student.'), parameter

"""Optimizer options per parameter, for the parameters that are trained."""

from typing import Optional, Union

from mmengine.model import BaseAveragedModel
from mmengine.optim import DefaultOptimWrapperConstructor
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class StudentOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """mmengine's own constructor, except that it ignores averages of the weights.

    Averages are never in an optimizer, but mmengine's constructor visits each of their
    parameters and warns that it is skipped.

    Args:
        optim_wrapper_cfg (dict): As for mmengine's constructor.
        paramwise_cfg (dict): As for mmengine's constructor.
    """

    def add_params(
        self,
        params: list[dict],
        module: nn.Module,
        prefix: str = '',
        is_dcn_module: Optional[Union[int, float]] = None,
    ) -> None:
        """Add the groups of a module and its children to ``params``."""
        if not isinstance(module, BaseAveragedModel):
            super().add_params(params, module, prefix, is_dcn_module)

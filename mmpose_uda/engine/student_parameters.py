"""Options of parameters, of what is trained."""

from typing import Optional, Union

from mmengine.model import BaseAveragedModel
from mmengine.optim import DefaultOptimWrapperConstructor
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class StudentOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """mmengine's own constructor, which passes averages of the weights over.

    No average is in an optimizer. mmengine's constructor looks at each of its parameters
    nonetheless, and warns that it is skipped.

    Args:
        optim_wrapper_cfg (dict): As for mmengine's.
        paramwise_cfg (dict): As for mmengine's.
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

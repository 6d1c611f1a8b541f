"""Loss scaling for float16."""

from typing import Any, Union

from torch import Tensor

from mmpose_uda.errors import UserError

# Halvings from torch's first scale, 2**16, to the smallest number of float16, 2**-24.
LONGEST_SEARCH = 40


class ScaleSearch:
    """Distinguishes steps skipped to find a scale from steps that fail at any scale.

    A scale that is too large makes gradients overflow, and the next one is smaller. If they
    overflow in more successive steps than it takes to shrink the scale over the whole range
    of float16, the scale is not the cause.
    """

    def __init__(self):
        self.length: Union[int, Tensor] = 0

    def explains(self, overflown: Tensor) -> Tensor:
        """Whether a step was skipped because of the scale.

        Args:
            overflown (Tensor): bool, a scalar, whether the loss was finite but its
                gradients were not.

        Returns:
            Tensor: bool, a scalar.
        """
        self.length = (self.length + 1) * overflown
        return overflown & (self.length <= LONGEST_SEARCH)


def scaler_arguments(loss_scale: Union[str, float, dict]) -> dict[str, Any]:
    """Return the arguments of a ``GradScaler`` for a config's ``loss_scale``.

    Raises:
        UserError: ``loss_scale`` is something else.
    """
    if isinstance(loss_scale, dict):
        return loss_scale
    if isinstance(loss_scale, float):
        return dict(init_scale=loss_scale)
    if loss_scale != 'dynamic':
        raise UserError(
            f"`optim_wrapper.loss_scale` is {loss_scale!r}: let it be 'dynamic', a float "
            'such as 512.0, or the arguments of a GradScaler.'
        )
    return {}

"""Scaling of losses for float16."""

from typing import Any, Union

from torch import Tensor

from mmpose_uda.errors import UserError

# Halvings from torch's first scale, 2**16, to the least number of float16, 2**-24.
LONGEST_SEARCH = 40


class ScaleSearch:
    """Tells steps that are skipped in search of a scale from those that will never do.

    A scale that is too large makes gradients overflow, and the next is smaller. If they
    overflow in more steps running than it takes to scale all of float16 away, the scale is
    not to blame.
    """

    def __init__(self):
        self.length: Union[int, Tensor] = 0

    def explains(self, overflown: Tensor) -> Tensor:
        """Whether a step was skipped for the sake of the scale.

        Args:
            overflown (Tensor): bool, a scalar, whether a finite loss had gradients that are
                not.

        Returns:
            Tensor: bool, a scalar.
        """
        self.length = (self.length + 1) * overflown
        return overflown & (self.length <= LONGEST_SEARCH)


def scaler_arguments(loss_scale: Union[str, float, dict]) -> dict[str, Any]:
    """Those of a ``GradScaler``, of what a config says.

    Raises:
        UserError: It says another thing.
    """
    if isinstance(loss_scale, dict):
        return loss_scale
    if isinstance(loss_scale, float):
        return dict(init_scale=loss_scale)
    if loss_scale != 'dynamic':
        raise UserError(
            f"`optim_wrapper.loss_scale` is {loss_scale!r}: let it be 'dynamic', a number "
            'with a point, or the arguments of a GradScaler.'
        )
    return {}

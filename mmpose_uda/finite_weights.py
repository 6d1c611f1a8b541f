"""Check that weights are finite."""

from collections.abc import Mapping
from typing import Any

import torch

from mmpose_uda.errors import UserError

_REMEDY = (
    'and would predict nothing: take an earlier checkpoint, from before the training '
    'diverged.'
)


def require_finite(weights: Mapping[str, Any], owner: str, remedy: str = _REMEDY) -> None:
    """Refuse weights that have diverged.

    Args:
        weights (Mapping[str, Tensor]): Weights by name; values that are not tensors are
            ignored.
        owner (str): What the weights belong to; the message begins with it.
        remedy (str): The consequence and what to do; the message ends with it.

    Raises:
        UserError: A weight is NaN or infinite.
    """
    for name, value in weights.items():
        is_number = torch.is_tensor(value) and value.is_floating_point()
        if is_number and not torch.isfinite(value).all():
            raise UserError(
                f'{owner} has weights that are NaN or infinite, such as {name}, {remedy}'
            )

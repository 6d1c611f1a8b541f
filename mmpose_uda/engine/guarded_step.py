"""Optimizer steps that are made or skipped as decided on the device."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class GuardedStep:
    """Makes steps, or leaves weights and optimizer as they were.

    Whether to step is a tensor. Fused optimizers of torch pass it to their kernels, as they
    do that of a ``GradScaler``, so the host does not wait. The host does wait at every step
    of other optimizers, and at steps that move a weight for the first time, because only
    then is the optimizer's state for the weight created.

    Args:
        optimizer (Optimizer): An optimizer of torch. Its groups are read at each step.
    """

    def __init__(self, optimizer: torch.optim.Optimizer):
        self.optimizer = optimizer
        self._moved: set[nn.Parameter] = set()

    def __call__(self, allowed: Tensor, **kwargs: Any) -> Tensor:
        """Step if allowed.

        Args:
            allowed (Tensor): bool, a scalar, whether to step.
            **kwargs: Arguments of the optimizer's ``step``.

        Returns:
            Tensor: bool, a scalar, whether a step was made that led to finite weights.
        """
        weights = [
            weight
            for group in self.optimizer.param_groups
            for weight in group['params']
            if weight.grad is not None
        ]
        if self._decides_on_device and self._moved.issuperset(weights):
            self.optimizer.found_inf = (~allowed).float()
            try:
                self.optimizer.step(**kwargs)
            finally:
                del self.optimizer.found_inf
        elif allowed:
            self.optimizer.step(**kwargs)
            self._moved.update(weights)
        return allowed & are_finite(weights)

    @property
    def _decides_on_device(self) -> bool:
        return getattr(self.optimizer, '_step_supports_amp_scaling', False)


@torch.no_grad()
def are_finite(tensors: Sequence[Tensor]) -> Tensor:
    """Whether all values of floating point tensors on one device are finite.

    This takes one pass, by the operator that checks gradients of scaled losses; it
    multiplies the values by 1.

    Returns:
        Tensor: bool, a scalar.
    """
    device = tensors[0].device if tensors else 'cpu'
    found, one = torch.zeros((), device=device), torch.ones((), device=device)
    torch._amp_foreach_non_finite_check_and_unscale_(list(tensors), found, one)
    return found == 0

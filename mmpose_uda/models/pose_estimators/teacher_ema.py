"""The teacher: a moving average of the student."""

from typing import Optional

import torch
from mmengine.model import ExponentialMovingAverage
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.errors import UserError


@MODELS.register_module()
class TeacherEMA(ExponentialMovingAverage):
    """Exponential moving average with a warm-up, always in evaluation mode.

    Parameters are averaged with the rate ``max(momentum, 1 / (t + 1))``: the first update
    copies the student, and an average over short runs is not dominated by the initial
    weights. Buffers (BatchNorm statistics) are copied.

    A constant rate averages over ``1 / momentum`` steps, however long a run is. With
    ``memory`` the average grows with the run: once that share of the steps so far is more,
    it covers this share, and the rate is ``1 / (memory * (t + 1))``. After the idea of
    Karras et al. 2024 (arXiv 2312.02696), whose averages reach back over a share of a
    training; the form is ours.

    A student that begins from random weights soon improves on them, so they count as one
    step. One that is already good, and learns from the target only, may get worse: with
    ``start_steps`` its first weights count as that many steps, and labels stay near them.

    Note:
        As in mmengine, ``momentum`` is the share of the *new* value: 0.01 here is 0.99 in
        the literature on mean teachers.

    Args:
        model (nn.Module): The student.
        momentum (float): Final rate; with ``memory``, only until that makes it lower.
        memory (float, optional): Share of the steps so far that the average covers, above 0
            and at most 1.
        start_steps (int): How many steps the weights of the first update count as. After t
            more steps they keep at least the share ``start_steps / (start_steps + t)`` with
            ``memory=1``; without it, a larger ``momentum`` lowers that share.

    Raises:
        UserError: ``memory`` is out of range, or ``start_steps`` is below 1.
    """

    NEVER_UPDATED = (
        "The teacher was never updated and is random: add dict(type='EMATeacherHook') "
        "to `custom_hooks`, or test and export the student, with `test_network='student'` "
        'in the model or `--which student` for a tool.'
    )

    def __init__(
        self,
        model: nn.Module,
        momentum: float = 0.01,
        memory: Optional[float] = None,
        start_steps: int = 1,
    ):
        super().__init__(model, momentum=momentum)
        if memory is not None and not 0 < memory <= 1:
            raise UserError(
                f'TeacherEMA: memory must be above 0 and at most 1, not {memory}.'
            )
        if start_steps < 1:
            raise UserError(
                f'TeacherEMA: start_steps, the number of steps that the first weights '
                f'count as, must be 1 or more, not {start_steps}.'
            )
        self.memory = memory
        self.start_steps = start_steps
        self.eval()

    @property
    def is_trained(self) -> bool:
        """Whether it was ever updated. Reading this waits for the device."""
        return bool(self.steps > 0)

    @property
    def rate(self) -> Tensor:
        """Share of the new value in the next update, a scalar."""
        is_first = self.steps == 0
        of_all = 1 / (self.steps + self.start_steps).masked_fill(is_first, 1)
        if self.memory is None:
            return of_all.clamp_min(self.momentum)
        return of_all.maximum((of_all / self.memory).clamp_max(self.momentum))

    @torch.no_grad()
    def update_parameters(self, model: nn.Module, finite: Optional[Tensor] = None) -> None:
        """Move towards ``model``. Unlike the parent's, it never waits for the device.

        Args:
            model (nn.Module): The student.
            finite (Tensor, optional): bool, whether the step was finite. If not, the
                average stays, whatever the weights are, and ``model`` gets back its buffers
                from before the step, as the new ones may not be finite.
        """
        rate = self.rate
        average, new = list(self.module.buffers()), list(model.buffers())
        if finite is not None:
            for kept, seen in zip(average, new):
                seen.copy_(torch.where(finite, seen, kept))
        if average:
            torch._foreach_copy_(average, new)
        average, new = list(self.module.parameters()), list(model.parameters())
        if finite is not None:  # a rate of 0 is not enough: 0 * inf is NaN
            new = [torch.where(finite, seen, kept) for kept, seen in zip(average, new)]
        torch._foreach_lerp_(average, new, [rate.to(p.dtype) for p in average])
        self.steps += 1 if finite is None else finite

    def train(self, mode: bool = True) -> 'TeacherEMA':
        """Stay in evaluation mode whatever the model around it does."""
        return super().train(False)

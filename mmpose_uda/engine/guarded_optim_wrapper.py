"""Optimizer steps on any device, in any precision, that do not wait for the device."""

from contextlib import contextmanager
from typing import Any, Iterator, Optional, Union

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce
from mmengine.optim import OptimWrapper
from mmpose.registry import OPTIM_WRAPPERS
from torch import Tensor, nn

from mmpose_uda.errors import UserError

from .guarded_step import GuardedStep
from .loss_scaling import ScaleSearch, scaler_arguments
from .mixed_precision import mixed_precision

_DTYPES = ('float16', 'bfloat16')


@OPTIM_WRAPPERS.register_module()
class GuardedOptimWrapper(OptimWrapper):
    """mmengine's ``OptimWrapper`` and ``AmpOptimWrapper`` in one, without their waits.

    - It supports mixed precision on a CPU too. Losses are scaled only for float16, whose
      gradients would underflow; bfloat16 has the range of float32.
    - A step whose loss or gradient is not finite is not made: weights and optimizer stay as
      they were, as decided on the device (:class:`GuardedStep`). It is counted as skipped,
      and so is a step that leads to weights that are not finite. Steps that loss scaling
      for float16 skips to find its scale (:class:`ScaleSearch`) are not counted.
    - Values to log stay tensors in :attr:`step_scalars`, which :class:`StepScalarsHook`
      reads when something is logged. mmengine's wrappers wait for the norm at every step.

    Args:
        dtype (str, optional): 'float16' or 'bfloat16' for mixed precision.
        loss_scale (str | float | dict): For float16, as in mmengine's ``AmpOptimWrapper``.
        **kwargs: Arguments of mmengine's ``OptimWrapper``.

    Raises:
        UserError: ``dtype`` is another one, or is 'float16' on a CPU.

    Attributes:
        finite (Tensor): bool, whether the last step was made and its weights are finite.
        step_scalars (dict[str, Tensor]): Scalars of the last step, for the log.
    """

    def __init__(
        self,
        dtype: Optional[str] = None,
        loss_scale: Union[str, float, dict] = 'dynamic',
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        _merge_equal_groups(self.optimizer)
        if self.clip_grad_kwargs:
            self.clip_grad_kwargs.setdefault('foreach', True)
        if dtype not in (None, *_DTYPES):
            raise UserError(
                f'`optim_wrapper.dtype` is {dtype!r}: let it be {" or ".join(_DTYPES)}.'
            )
        self.device_type = get_device().split(':')[0]
        self.dtype = None if dtype is None else getattr(torch, dtype)
        self.loss_scaler = None
        self._static_scale = loss_scale if isinstance(loss_scale, float) else None
        if self.dtype is torch.float16:
            if self.device_type == 'cpu':
                raise UserError(
                    "`optim_wrapper.dtype='float16'` needs a GPU, and there is none here: "
                    "use 'bfloat16'."
                )
            self.loss_scaler = torch.amp.GradScaler(
                self.device_type, **scaler_arguments(loss_scale)
            )
        self.finite: Optional[Tensor] = None
        self.step_scalars: dict[str, Tensor] = {}
        self._guarded_step = GuardedStep(self.optimizer)
        self._scale_search = ScaleSearch()
        self._finite_losses: list[Tensor] = []

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """See the parent class; mixed precision is on in the block."""
        with super().optim_context(model), self.precision():
            yield

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Use mixed precision in the block, if the config asks for it."""
        if self.dtype is None:
            yield
            return
        with mixed_precision(self.device_type, self.dtype):
            yield

    def backward(self, loss: Tensor, **kwargs: Any) -> None:
        """Back-propagate a scalar."""
        self._finite_losses.append(loss.detach().isfinite())
        if self.loss_scaler is not None:
            loss = self.loss_scaler.scale(loss)
        super().backward(loss, **kwargs)

    def step(self, **kwargs: Any) -> None:
        """Clip gradients and step, if losses and gradients are finite."""
        if self.loss_scaler is not None:
            self.loss_scaler.unscale_(self.optimizer)
        norm = self._clipped_norm()
        is_gradient_finite = norm.isfinite()
        are_losses_finite = self._are_losses_finite(norm.device)
        self.finite = self._guarded_step(are_losses_finite & is_gradient_finite, **kwargs)
        skipped = ~self.finite
        if self.loss_scaler is not None:
            self.loss_scaler.update(self._static_scale)
            overflown = are_losses_finite & ~is_gradient_finite
            skipped &= ~self._scale_search.explains(overflown)
        self.step_scalars = dict(skipped=skipped.float())
        if getattr(self, 'grad_name', None) == 'grad_norm':
            self.step_scalars['grad_norm'] = norm

    def _clipped_norm(self) -> Tensor:
        """Clip as configured; return the norm of all gradients before clipping."""
        parameters = [
            parameter
            for group in self.optimizer.param_groups
            for parameter in group['params']
            if parameter.grad is not None
        ]
        if not parameters:
            return torch.zeros(())
        if getattr(self, 'grad_name', None) == 'grad_norm':
            return self.clip_func(parameters, **self.clip_grad_kwargs)
        norm = torch.stack(torch._foreach_norm([p.grad for p in parameters])).norm()
        if self.clip_grad_kwargs:
            self.clip_func(parameters, **self.clip_grad_kwargs)
        return norm

    def _are_losses_finite(self, device: torch.device) -> Tensor:
        """Whether the losses since the last step are finite on every process."""
        losses, self._finite_losses = self._finite_losses, []
        finite = torch.stack(losses).all() if losses else torch.ones((), device=device)
        finite = finite.float()
        all_reduce(finite, op='min')
        return finite > 0

    def state_dict(self) -> dict:
        """The optimizer's state, with ``loss_scaler`` if losses are scaled."""
        state = super().state_dict()
        if self.loss_scaler is not None:
            state['loss_scaler'] = self.loss_scaler.state_dict()
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Load the state of a training in any precision."""
        scaler = state_dict.pop('loss_scaler', None)
        if scaler is not None and self.loss_scaler is not None:
            self.loss_scaler.load_state_dict(scaler)
        try:
            super().load_state_dict(state_dict)
        except ValueError as error:
            raise UserError(
                'The checkpoint is of another optimizer, of other weights or of an earlier '
                f'version ({error}): resume with the config that it was trained with, or '
                'begin a new training from it with `load_from`.'
            ) from error
        self._lay_out_states()

    def _lay_out_states(self) -> None:
        """Give the state of each weight the memory layout of the weight.

        Fused optimizers assume that, and a checkpoint may be from a training with another
        layout.
        """
        for parameter, state in self.optimizer.state.items():
            for name, value in state.items():
                is_like = torch.is_tensor(value) and value.shape == parameter.shape
                if is_like and value.stride() != parameter.stride():
                    like = torch.empty_like(parameter, dtype=value.dtype)
                    state[name] = like.copy_(value)


def _merge_equal_groups(optimizer: torch.optim.Optimizer) -> None:
    """Merge groups of weights with the same options.

    mmengine makes a group for every weight if a config has ``paramwise_cfg``, and
    optimizers that update many weights at once update each group separately.
    """
    merged: dict[str, dict] = {}
    for group in optimizer.param_groups:
        options = repr(sorted((k, v) for k, v in group.items() if k != 'params'))
        first = merged.setdefault(options, dict(group, params=[]))
        first['params'] = first['params'] + group['params']
    optimizer.param_groups = list(merged.values())

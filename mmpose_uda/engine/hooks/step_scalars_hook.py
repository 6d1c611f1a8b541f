"""Losses that are read from the device only when they are logged."""

from typing import Any, Optional

import torch
from mmengine.hooks import LoggerHook, RuntimeInfoHook
from mmpose.registry import HOOKS
from torch import Tensor

from mmpose_uda.engine.skipped_steps import Row, SkippedSteps
from mmpose_uda.finite_weights import require_finite


@HOOKS.register_module()
class StepScalarsHook(RuntimeInfoHook):
    """mmengine's ``RuntimeInfoHook``, which here keeps values until they are needed.

    mmengine's hook waits for the device at every step, once for each loss. This one reads
    all values together when a line is logged, a checkpoint is written or a phase ends; the
    message hub then has the same content. Steps that were not finite are reported then,
    and no checkpoint is written of weights that are not finite.

    Args:
        max_skipped (int): Number of skipped steps at which the run stops.

    Raises:
        UserError: There are ``max_skipped`` such steps, the last step is one, or the
            weights of a checkpoint are not finite.

    Attributes:
        pending (list[tuple[int, dict]]): Iterations with their values that the message hub
            does not have yet.
    """

    def __init__(self, max_skipped: int = 20):
        super().__init__()
        self.skipped = SkippedSteps(max_skipped)
        self.pending: list[tuple[int, dict[str, Any]]] = []
        self._unjudged: list[Row] = []

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Keep the values of a step."""
        values = {k: _detached(v) for k, v in (outputs or {}).items()}
        if hasattr(runner.optim_wrapper, 'step_scalars'):
            values.update(runner.optim_wrapper.step_scalars)
            # an iteration that only accumulates gradients has none of its own
            runner.optim_wrapper.step_scalars = {}
        self.pending.append((runner.iter, values))
        if self.skipped.is_watching or self._is_looked_at(runner, batch_idx):
            self.read(runner)
            rows, self._unjudged = self._unjudged, []
            self.skipped.note(runner, rows, data_batch)

    def _is_looked_at(self, runner, batch_idx: int) -> bool:
        phase = getattr(runner.train_loop, 'phase', None)
        ends = (runner.max_iters, None if phase is None else phase.end)
        return runner.iter + 1 in ends or any(
            self._logs(hook, runner.train_dataloader, batch_idx)
            for hook in runner.hooks
            if isinstance(hook, LoggerHook)
        )

    def _logs(self, hook: LoggerHook, loader, batch_idx: int) -> bool:
        """Whether mmengine's hook logs after this iteration."""
        if self.every_n_inner_iters(batch_idx, hook.interval):
            return True
        logs_last = not hook.ignore_last or len(loader) <= hook.interval
        return logs_last and self.end_of_epoch(loader, batch_idx)

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Update the message hub that the checkpoint holds, and refuse diverged weights."""
        self.read(runner)
        require_finite(
            checkpoint['state_dict'],
            f'The model of iteration {runner.iter}',
            'so it is not saved: lower the learning rate, and go on from an earlier '
            'checkpoint with --resume FILE.',
        )

    def after_train(self, runner) -> None:
        """Refuse a last step that was not finite, before the weights are used."""
        self.skipped.require_finite_end()

    def before_val(self, runner) -> None:
        """Update the message hub, because a validation may log."""
        self.read(runner)
        super().before_val(runner)

    def read(self, runner) -> None:
        """Hand everything to the message hub, in order, waiting for the device once."""
        pending, self.pending = self.pending, []
        tensors = [v for _, values in pending for v in values.values() if _is_tensor(v)]
        if tensors:
            numbers = iter(torch.stack([t.float().view(()) for t in tensors]).tolist())
        known = [
            (
                iteration,
                {k: next(numbers) if _is_tensor(v) else v for k, v in values.items()},
            )
            for iteration, values in pending
        ]
        for _, values in known:
            for key, value in values.items():
                runner.message_hub.update_scalar(f'train/{key}', value)
        self._unjudged += known


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def _detached(value: Any) -> Any:
    return value.detach() if _is_tensor(value) else value

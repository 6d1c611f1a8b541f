"""Ending a run cleanly when the machine is taken away."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import CheckpointHook, Hook

from mmpose_uda.config import last_checkpoint
from mmpose_uda.engine.steps import has_stepped
from mmpose_uda.errors import Preempted


class PreemptionHook(Hook):
    """Finishes the step, saves and ends the run after a SIGTERM; every training has it.

    Clusters send SIGTERM before they kill. Processes agree on the step after which they
    end by a number on their CPUs, so that none waits for its device. A training in epochs
    saves nothing, because it can only resume from the end of an epoch.

    Raises:
        Preempted: After saving.
    """

    priority = 'LOWEST'  # after all that a checkpoint holds has made its step

    def __init__(self) -> None:
        self.is_asked = False
        self._group: Any = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take note of a SIGTERM in the block instead of being ended by it."""
        if threading.current_thread() is not threading.main_thread():
            yield  # Python handles signals in its main thread only
            return
        before = signal.signal(signal.SIGTERM, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def before_train(self, runner) -> None:
        """Make the group by which processes agree."""
        if get_world_size() > 1:
            self._group = torch.distributed.new_group(backend='gloo')

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """End after this step."""
        if self._all_are_asked() and has_stepped(runner):
            self._end(runner, runner.iter + 1)

    def after_val_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[list] = None,
    ) -> None:
        """End within a validation, which the resumed run repeats."""
        if self._all_are_asked():
            self._end(runner, runner.iter)

    def _note(self, *_: Any) -> None:
        self.is_asked = True

    def _all_are_asked(self) -> bool:
        if self._group is None:
            return self.is_asked
        asked = torch.tensor([int(self.is_asked)])
        torch.distributed.all_reduce(
            asked, torch.distributed.ReduceOp.MAX, group=self._group
        )
        return bool(asked.item())

    @staticmethod
    def _end(runner, iteration: int) -> None:
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook) and not hook.by_epoch:
                meta = dict(epoch=runner.epoch, iter=iteration)
                hook._save_checkpoint_with_step(runner, iteration, meta=meta)
                raise Preempted(f'saved at iteration {iteration}')
        last = last_checkpoint(runner.work_dir)
        if last is None:
            raise Preempted(
                f'at iteration {iteration}, before there was a checkpoint', 'start again'
            )
        raise Preempted(f'at iteration {iteration}; the last checkpoint is {last}')

"""Observe a few training steps one by one."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Iterable

import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda.config import require_phases
from mmpose_uda.engine.runner import PhasedTrainLoop


class WatchedTrainLoop(PhasedTrainLoop):
    """Runs one step of the first phase per watcher, just as the runner would.

    Each step runs inside its watcher, from the first hook to the last.
    """

    @abstractmethod
    def make_watchers(self) -> list[AbstractContextManager]:
        """Make one watcher per step; their results are read after the loop has ended."""

    def run(self) -> torch.nn.Module:
        """Run only the steps, without the start and end of a whole training."""
        self._watchers = self.make_watchers()
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        self.run_phase()
        return self.runner.model

    def start_data(self) -> Iterable[dict]:
        """Yield as many batches as there are steps."""
        return islice(super().start_data(), len(self._watchers))

    def run_iter(self, data_batch: dict) -> None:
        """Run a step inside its watcher, from the first hook to the last."""
        with self._watchers[self._iter]:
            super().run_iter(data_batch)


def run_watched(cfg: Config, loop: str, **kwargs: Any) -> WatchedTrainLoop:
    """Watch the last phase of a config.

    Args:
        cfg (Config): Config whose data exist.
        loop (str): Registered name of a :class:`WatchedTrainLoop`.
        **kwargs: Arguments of that loop.

    Returns:
        WatchedTrainLoop: The loop after its run.

    Raises:
        UserError: The config has no phases.
    """
    require_phases(cfg)
    cfg.update(val_cfg=None, val_dataloader=None, val_evaluator=None)
    # Long, so that none is the last step of the phase, which does extra work.
    phase = dict(cfg.train_cfg.phases[-1], iters=1000)
    cfg.train_cfg = dict(type=loop, phases=[phase], **kwargs)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner.train_loop

"""A few steps of a training, looked at one by one."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Iterable

import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda.engine.runner import PhasedTrainLoop
from mmpose_uda.errors import UserError


class WatchedTrainLoop(PhasedTrainLoop):
    """Runs as many steps of the first phase as there are watchers, as the runner does.

    Each is inside its watcher from the first hook to the last.
    """

    @abstractmethod
    def make_watchers(self) -> list[AbstractContextManager]:
        """One a step; what they see is read off them when the loop has ended."""

    def run(self) -> torch.nn.Module:
        """Run the steps without what precedes and follows a whole training."""
        self._watchers = self.make_watchers()
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        self.run_phase()
        return self.runner.model

    def start_data(self) -> Iterable[dict]:
        """As many batches as steps."""
        return islice(super().start_data(), len(self._watchers))

    def run_iter(self, data_batch: dict) -> None:
        """What happens in a step, from the first hook to the last."""
        with self._watchers[self._iter]:
            super().run_iter(data_batch)


def run_watched(cfg: Config, loop: str, **kwargs: Any) -> WatchedTrainLoop:
    """Watch the last phase of a config.

    Args:
        cfg (Config): Whose data are there.
        loop (str): Registered name of a :class:`WatchedTrainLoop`.
        **kwargs: Of that loop.

    Returns:
        WatchedTrainLoop: After its run.

    Raises:
        UserError: The config has no phases.
    """
    if 'phases' not in cfg.train_cfg:
        raise UserError(
            f'{cfg.filename} trains in no phases: name a config whose `train_cfg` is a '
            'PhasedTrainLoop.'
        )
    cfg.update(val_cfg=None, val_dataloader=None, val_evaluator=None)
    # Long, so that no step is the last, which does more.
    phase = dict(cfg.train_cfg.phases[-1], iters=1000)
    cfg.train_cfg = dict(type=loop, phases=[phase], **kwargs)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner.train_loop

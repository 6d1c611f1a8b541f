"""What a training step costs, and whether it waits for the device."""

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Iterable

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.registry import LOOPS
from torch.profiler import ProfilerActivity, profile

from mmpose_uda.analysis.device_waits import DeviceWaits, Wait
from mmpose_uda.config import (
    drop_missing_backends,
    load_config,
    prepare_data,
    set_work_dir,
    user_errors,
)
from mmpose_uda.engine.runner import PhasedTrainLoop
from mmpose_uda.errors import UserError


@dataclass
class StepProfile:
    """One training step with its hooks.

    Args:
        operators (Counter[str]): How often each operator ran.
        waits (Counter[Wait]): How often each place waited for the device.
        table (str): The costliest operators, as torch.profiler prints them.
    """

    operators: Counter[str]
    waits: Counter[Wait]
    table: str

    @property
    def waits_of_mmengine(self) -> int:
        """How often mmengine's own code waited."""
        return sum(n for wait, n in self.waits.items() if wait.owner == 'mmengine')

    @property
    def other_waits(self) -> int:
        """How often anything else waited: the network, its parts, the hooks."""
        return self.waits.total() - self.waits_of_mmengine


@LOOPS.register_module()
class ProfiledTrainLoop(PhasedTrainLoop):
    """Profiles a step of the first phase, as the runner does it, and ends.

    Of three steps the first does what happens once, such as making the optimizer's state;
    waits are counted in the second and operators in the third, as either way of looking
    would be seen by the other.
    """

    def run(self) -> torch.nn.Module:
        """Run the steps without what precedes and follows a whole training."""
        activities = [ProfilerActivity.CPU]
        if torch.cuda.is_available():
            activities.append(ProfilerActivity.CUDA)
        self.waits, self.recorded = DeviceWaits(), profile(activities=activities)
        self._watchers = (DeviceWaits(), self.waits, self.recorded)
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        self.run_phase()
        return self.runner.model

    def start_data(self) -> Iterable[dict]:
        """As many batches as steps."""
        return islice(super().start_data(), len(self._watchers))

    def run_iter(self, data_batch: dict) -> None:
        """What happens in a step, from the first hook to the last."""
        watcher: AbstractContextManager = self._watchers[self._iter]
        with watcher:
            super().run_iter(data_batch)


def profile_config(config: str, batch_size: int, work_dir: str) -> StepProfile:
    """Profile the training step of a config's last phase, with real data.

    Raises:
        UserError: Something that the user can mend.
    """
    cfg = load_config(config)
    set_work_dir(cfg, work_dir)
    drop_missing_backends(cfg)
    cfg.train_dataloader.update(batch_size=batch_size, num_workers=0)
    with user_errors(cfg):
        prepare_data(cfg)
        return profile_step(cfg)


def profile_step(cfg: Config) -> StepProfile:
    """Profile the training step of a config's last phase, with the config's loader.

    Raises:
        UserError: The config has no phases.
    """
    if 'phases' not in cfg.train_cfg:
        raise UserError(
            f'{cfg.filename} trains in no phases: profile a config whose `train_cfg` is a '
            'PhasedTrainLoop.'
        )
    cfg.update(val_cfg=None, val_dataloader=None, val_evaluator=None)
    # Long, so that no step is the last, which does more.
    phase = dict(cfg.train_cfg.phases[-1], iters=1000)
    cfg.train_cfg = dict(type='ProfiledTrainLoop', phases=[phase])
    runner = Runner.from_cfg(cfg)
    runner.train()
    loop = runner.train_loop
    averages = loop.recorded.key_averages()
    return StepProfile(
        operators=Counter({event.key: event.count for event in averages}),
        waits=loop.waits.counts,
        table=averages.table(sort_by='self_cpu_time_total', row_limit=12),
    )

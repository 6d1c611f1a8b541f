"""Profile a training step: the cost of its operators, and its waits for the device."""

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from mmengine.config import Config
from mmpose.registry import LOOPS
from torch.profiler import ProfilerActivity, profile

from mmpose_uda.analysis.device_waits import DeviceWaits, Wait
from mmpose_uda.analysis.watched_loop import WatchedTrainLoop, run_watched
from mmpose_uda.config import (
    drop_missing_backends,
    load_config,
    load_in_this_process,
    prepare_data,
    prepare_step,
    set_work_dir,
    user_errors,
)


@dataclass
class StepProfile:
    """Profile of one training step including its hooks.

    Args:
        operators (Counter[str]): How often each operator ran.
        waits (Counter[Wait]): How often each place waited for the device.
        table (str): The most expensive operators, as torch.profiler prints them.
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
class ProfiledTrainLoop(WatchedTrainLoop):
    """Profiles the third of three steps.

    The first does one-time work, such as creating the optimizer's state. Waits are counted
    in the second and operators in the third, since each measurement would disturb the
    other.
    """

    def make_watchers(self) -> list[AbstractContextManager]:
        activities = [ProfilerActivity.CPU]
        if torch.cuda.is_available():
            activities.append(ProfilerActivity.CUDA)
        self.waits, self.recorded = DeviceWaits(), profile(activities=activities)
        return [DeviceWaits(), self.waits, self.recorded]


def profile_config(config: str, batch_size: int, work_dir: str) -> StepProfile:
    """Profile the training step of a config's last phase, with real data.

    Raises:
        UserError: Something that the user can fix.
    """
    cfg = load_config(config)
    set_work_dir(cfg, work_dir)
    drop_missing_backends(cfg)
    load_in_this_process(cfg, batch_size)
    with user_errors(cfg):
        prepare_data(cfg)
        return profile_step(cfg)


def profile_step(cfg: Config) -> StepProfile:
    """Profile the training step of a config's last phase, with the config's loader.

    Raises:
        UserError: The config has no phases.
    """
    prepare_step(cfg)
    loop = run_watched(cfg, 'ProfiledTrainLoop')
    averages = loop.recorded.key_averages()
    return StepProfile(
        operators=Counter({event.key: event.count for event in averages}),
        waits=loop.waits.counts,
        table=averages.table(sort_by='self_cpu_time_total', row_limit=12),
    )

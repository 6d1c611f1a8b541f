"""What a training step costs, and whether it waits for the device."""

from collections import Counter
from dataclasses import dataclass

import torch
from mmengine.runner import Runner
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from mmpose_uda.apis.config import load_config, prepare_data, set_work_dir
from mmpose_uda.apis.errors import user_errors
from mmpose_uda.engine.unwrap import unwrapped_model

# What makes Python wait for a result of the device, by operator or runtime call.
WAITS = ('aten::_local_scalar_dense', 'aten::nonzero', 'Memcpy DtoH')


@dataclass
class StepProfile:
    """One step of all parts: losses and their backward pass.

    Args:
        operators (Counter): How often each operator ran.
        table (str): The costliest operators, as torch.profiler prints them.
    """

    operators: Counter
    table: str

    @property
    def waits(self) -> int:
        """How often Python waited for a value from the device."""
        return sum(
            count
            for name, count in self.operators.items()
            if any(name.startswith(wait) for wait in WAITS)
        )


def profile_config(config: str, batch_size: int, work_dir: str) -> StepProfile:
    """Profile the training step of a config's last phase, with real data.

    Raises:
        UserError: Something that the user can mend.
    """
    cfg = load_config(config)
    set_work_dir(cfg, work_dir)
    with user_errors(cfg):
        prepare_data(cfg)
        cfg.train_dataloader.update(batch_size=batch_size, num_workers=0)
        runner = Runner.from_cfg(cfg)
        model = unwrapped_model(runner)
        model.set_phase(tuple(cfg.train_cfg.phases[-1].parts))
        loader = runner.build_dataloader(cfg.train_dataloader, seed=0)
        batch = next(iter(loader))
        return profile_step(model.train(), model.data_preprocessor(batch, training=True))


def profile_step(model: torch.nn.Module, data: dict) -> StepProfile:
    """Profile ``loss()`` and ``backward()`` on a batch that is on the device."""
    _step(model, data)  # what happens once, such as the choice of algorithms
    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as recorded:
        _step(model, data)
    averages = recorded.key_averages()
    operators = Counter({event.key: event.count for event in averages})
    return StepProfile(
        operators, averages.table(sort_by='self_cpu_time_total', row_limit=12)
    )


def _step(model: torch.nn.Module, data: dict) -> None:
    losses: dict[str, Tensor] = model(**data, mode='loss')
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    model.zero_grad(set_to_none=True)

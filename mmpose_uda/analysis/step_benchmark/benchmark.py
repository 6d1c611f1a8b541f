"""Time a training step and its floor."""

import platform
import resource
import statistics
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any, Iterable, Optional

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmpose.registry import LOOPS

from mmpose_uda.analysis.device_waits import DeviceWaits
from mmpose_uda.analysis.watched_loop import WatchedTrainLoop, run_watched
from mmpose_uda.config import (
    drop_missing_backends,
    load_config,
    load_in_this_process,
    prepare_data,
    prepare_step,
    set_work_dir,
    shrink_builtin_data,
    user_errors,
)
from mmpose_uda.errors import UserError
from mmpose_uda.views import view_of

from .floor import PassRecorder, run_passes
from .networks import compilable, compile_networks, networks_of
from .pieces import PIECES, StepPieces
from .random_vgg import use_random_vgg

_WARM_UP = 3  # steps in which torch chooses algorithms and the optimizer makes its state
_MIB = 2**20


@dataclass
class StepBenchmark:
    """Timing of one training step on a fixed batch.

    Args:
        step_seconds (float): Duration from the first hook to the last, median of rounds.
        floor_seconds (float): Duration of only the network passes of that step, forward
            and backward, median of rounds; each round runs them right after its step.
        step_over_floor_ratio (float): Median of the rounds' ratios.
        images_per_second (float): Images of both domains that the student trains on.
        device_syncs (int): How often Python waits for values of the device in a step.
        peak_memory_bytes (int): Peak memory of the device during the steps; on a CPU,
            that of the process.
        passes (list[dict]): Passes of the floor: ``network``, ``images``,
            ``with_gradient``.
        pieces (dict[str, float]): Piece, from :data:`PIECES` -> seconds per step.
        batch_size (int): Images of each domain.
        rounds (int): Number of timed rounds.
        environment (dict): Device, threads, versions and precision.
    """

    step_seconds: float
    floor_seconds: float
    step_over_floor_ratio: float
    images_per_second: float
    device_syncs: int
    peak_memory_bytes: int
    passes: list[dict]
    pieces: dict[str, float]
    batch_size: int
    rounds: int
    environment: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """A table as text."""
        found = {}
        for one in self.passes:
            key = one['network'], one['images'], one['with_gradient']
            found[key] = found.get(key, 0) + 1
        lines = [
            f'step    {1000 * self.step_seconds:9.1f} ms   {self.images_per_second:.1f} '
            f'images/s, {self.device_syncs} waits for the device, peak memory '
            f'{self.peak_memory_bytes / _MIB:.0f} MiB',
            f'floor   {1000 * self.floor_seconds:9.1f} ms   step over floor '
            f'{self.step_over_floor_ratio:.3f}',
            'pieces of the step, timed in separate steps:',
            *(f'  {name:10s} {1000 * s:9.1f} ms' for name, s in self.pieces.items()),
            'passes of the floor:',
            *(
                f'  {count} x {name}, {images} images, '
                f'{"forward and backward" if gradient else "forward"}'
                for (name, images, gradient), count in found.items()
            ),
        ]
        return '\n'.join(lines)


class _Round(AbstractContextManager):
    """Times a step while recording its network passes, then only those passes."""

    def __init__(self, loop: 'BenchmarkedTrainLoop'):
        self.loop = loop
        self.recorder = PassRecorder(networks_of(loop.runner), loop.device.type)

    def __enter__(self) -> None:
        self.recorder.__enter__()
        self._began = self.loop.now()

    def __exit__(self, *error) -> None:
        self.step_seconds = self.loop.now() - self._began
        self.loop.note_memory()
        self.recorder.__exit__()
        if error[0] is not None:
            return
        began = self.loop.now()
        run_passes(self.recorder.passes, self.loop.device.type)
        self.floor_seconds = self.loop.now() - began
        self.passes = [one.described() for one in self.recorder.passes]
        self.recorder.passes = []
        for parameter in self.loop.model.trained_parameters():
            parameter.grad = None


@LOOPS.register_module()
class BenchmarkedTrainLoop(WatchedTrainLoop):
    """Times steps on one batch.

    Args:
        rounds (int): Number of steps to time, each with its floor.
        compiled (bool): Whether the networks are compiled, in steps and floors.
    """

    def __init__(self, *args, rounds: int, compiled: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.rounds = rounds
        self.compiled = compiled
        self.peak_memory = 0

    @property
    def device(self) -> torch.device:
        """Device of the model."""
        return next(self.model.parameters()).device

    def make_watchers(self) -> list[AbstractContextManager]:
        if self.compiled:
            compile_networks(compilable(self.runner))
        # the first one sees which parts of the optimizer's state are constants
        warm_up = [DeviceWaits(), *[nullcontext() for _ in range(_WARM_UP - 1)]]
        self.timed = [_Round(self) for _ in range(self.rounds)]
        self.pieces = StepPieces(self.runner, self.synchronize)
        self.waits = DeviceWaits()
        # waits are counted last, since watching every operator makes a step slow
        return [*warm_up, *self.timed, *[self.pieces] * self.rounds, self.waits]

    def start_data(self) -> Iterable[dict]:
        """Yield the first batch repeatedly, in new dicts, as hooks replace images."""
        batch = next(iter(super().start_data()))
        for _ in self._watchers:
            yield dict(
                inputs=dict(batch['inputs']), data_samples=dict(batch['data_samples'])
            )

    def synchronize(self) -> None:
        """Wait until the device has finished all queued work."""
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)

    def now(self) -> float:
        """Time in seconds, after waiting for the device."""
        self.synchronize()
        return time.perf_counter()

    def note_memory(self) -> None:
        """Record the peak memory of the step; the floor that follows does not count."""
        if self.device.type == 'cuda':
            self.peak_memory = max(self.peak_memory, torch.cuda.max_memory_allocated())
            torch.cuda.reset_peak_memory_stats()
        elif not self.peak_memory:
            kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            self.peak_memory = 1024 * kib


def benchmark_config(
    config: str,
    work_dir: str,
    device: Optional[str] = None,
    batch_size: Optional[int] = None,
    amp: Optional[str] = None,
    compile: bool = False,
    random_vgg: bool = False,
    rounds: int = 5,
    cfg_options: Optional[dict[str, Any]] = None,
) -> StepBenchmark:
    """Time the training step of a config's last phase.

    For built-in data, a few images are generated, so nothing has to exist beforehand.

    Args:
        config (str): Path of the config.
        work_dir (str): Folder for logs and those images.
        device (str, optional): The required device, 'cpu' or 'cuda'. Default: any.
        batch_size (int, optional): Images of each domain. Default: as in the config.
        amp (str, optional): Mixed precision: 'bf16', 'fp16' or 'auto'.
        compile (bool): Whether to compile the networks by ``torch.compile``.
        random_vgg (bool): Whether to exchange style by a VGG-19 of random weights.
        rounds (int): Number of steps to time.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Raises:
        UserError: Something that the user can fix.
    """
    if device is not None and get_device() != device:
        raise UserError(
            f'The device is {get_device()}, not {device}: leave --device out, or set '
            'CUDA_VISIBLE_DEVICES to hide or show GPUs.'
        )
    cfg = load_config(config, cfg_options)
    set_work_dir(cfg, work_dir)
    drop_missing_backends(cfg)
    load_in_this_process(cfg, batch_size)
    if rounds < 1:
        raise UserError(f'--rounds {rounds} times nothing: use 1 or more.')
    if cfg.get('builtin_data') is not None:
        shrink_builtin_data(
            cfg, f'{work_dir}/data', max(16, cfg.train_dataloader.batch_size), 2
        )
    if random_vgg:
        use_random_vgg(cfg, work_dir)
    with user_errors(cfg):
        prepare_step(cfg, amp)
        prepare_data(cfg)
        return benchmark_step(cfg, rounds, compile)


def benchmark_step(cfg: Config, rounds: int = 5, compiled: bool = False) -> StepBenchmark:
    """Time the training step of a config's last phase, on the first batch of its loader.

    Args:
        cfg (Config): Config whose data exist.
        rounds (int): Number of steps to time.
        compiled (bool): Whether the networks are compiled, in steps and floors.

    Raises:
        UserError: The config has no phases.
    """
    loop = run_watched(cfg, 'BenchmarkedTrainLoop', rounds=rounds, compiled=compiled)
    steps = [one.step_seconds for one in loop.timed]
    floors = [one.floor_seconds for one in loop.timed]
    batch = loop.dataloader.batch_size
    views = [view_of(view) for view in loop.model.required_views]
    trained_on = batch * sum(view.is_of_student for view in views)
    step = statistics.median(steps)
    return StepBenchmark(
        step_seconds=step,
        floor_seconds=statistics.median(floors),
        step_over_floor_ratio=statistics.median(s / f for s, f in zip(steps, floors)),
        images_per_second=trained_on / step,
        device_syncs=loop.waits.counts.total(),
        peak_memory_bytes=loop.peak_memory,
        passes=loop.timed[-1].passes,
        pieces={piece: loop.pieces.seconds[piece] / rounds for piece in PIECES},
        batch_size=batch,
        rounds=rounds,
        environment=_environment(loop),
    )


def _environment(loop: BenchmarkedTrainLoop) -> dict[str, Any]:
    device, is_gpu = loop.device, loop.device.type == 'cuda'
    return dict(
        device=torch.cuda.get_device_name(device) if is_gpu else platform.machine(),
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        threads=torch.get_num_threads(),
        python=platform.python_version(),
        torch=torch.__version__,
        optimizer_wrapper=type(loop.runner.optim_wrapper).__name__,
    )

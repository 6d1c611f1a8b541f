"""Time the pieces of a training step."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from mmengine.runner import Runner

from mmpose_uda.engine.hooks import AdaINStyleHook
from mmpose_uda.engine.unwrap import unwrapped_model

from .networks import Network, networks_of, replaced_entries

PIECES = (
    'style',
    'student',
    'teacher',
    'alignments',
    'losses',
    'backward',
    'optimizer',
    'ema',
    'rest',
)


class StepPieces:
    """A context that times the pieces of the steps that run inside it.

    The time of a piece excludes that of pieces inside it. With an accelerator, the start
    and end of each piece wait for it, so the sum can exceed the duration of a step.

    Attributes:
        seconds (Counter[str]): Piece, from :data:`PIECES` -> seconds over all steps.
    """

    def __init__(self, runner: Runner, synchronize: Callable[[], None]):
        self.runner = runner
        self.synchronize = synchronize
        self.seconds: Counter[str] = Counter()
        self._running: list[str] = []
        self._since = 0.0

    def __enter__(self) -> 'StepPieces':
        model, optimizer = unwrapped_model(self.runner), self.runner.optim_wrapper
        self._patches = ExitStack()
        self._time(model, 'loss', 'losses')
        self._time(model, 'update_teacher', 'ema')
        self._time(optimizer, 'update_params', 'optimizer')
        self._time(optimizer, 'backward', 'backward')
        for alignment in model.alignments.values():
            self._time(alignment, 'forward', 'alignments')
            self._time(alignment, 'disturb', 'alignments')
        for hook in self.runner.hooks:
            if isinstance(hook, AdaINStyleHook):
                self._time(hook, 'before_train_iter', 'style')
        entries = replaced_entries(networks_of(self.runner), self._timed_pass)
        self._patches.enter_context(entries)
        self._begin('rest')
        return self

    def __exit__(self, *error) -> None:
        self._end()
        self._patches.close()

    def _time(self, owner: Any, name: str, piece: str) -> None:
        setattr(owner, name, self._timed(getattr(owner, name), piece))
        self._patches.callback(delattr, owner, name)

    def _timed_pass(self, network: Network, name: str, method: Callable) -> Callable:
        owner = network.name.split('.')[0]
        by_teacher = owner in ('teacher', 'foreground_teacher')
        piece = 'teacher' if by_teacher else 'style' if owner == 'style' else 'student'
        return self._timed(method, piece)

    def _timed(self, function: Callable, piece: str) -> Callable:
        def run(*args, **kwargs):
            self._begin(piece)
            try:
                return function(*args, **kwargs)
            finally:
                self._end()

        return run

    def _begin(self, piece: str) -> None:
        self._count()
        self._running.append(piece)

    def _end(self) -> None:
        self._count()
        self._running.pop()

    def _count(self) -> None:
        self.synchronize()
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now

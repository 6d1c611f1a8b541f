"""Training in phases, each with its own parts, in one run."""

from dataclasses import dataclass
from typing import Sequence, Union

import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import get_rank, get_world_size
from mmengine.runner import BaseLoop, IterBasedTrainLoop
from mmpose.registry import LOOPS
from torch.utils.data import DataLoader

from mmpose_uda.datasets.samplers import DrawSampler
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError
from mmpose_uda.near_names import closest
from mmpose_uda.random_keys import random_key

_RESULTS = 'phase_results'
_DRAWS = 'draws'
_NEEDED = {'name', 'iters', 'parts'}  # of every phase
_KNOWN = {*_NEEDED, 'norm_eval'}


@dataclass(frozen=True)
class Phase:
    """A stretch of training.

    Args:
        name (str): For logs and results.
        begin (int): First iteration.
        end (int): One past the last iteration.
        parts (tuple[str, ...]): Active parts of the model.
        norm_eval (bool): Whether BatchNorm layers keep their running statistics and
            normalise by them, as mmpose's backbones with that argument do.
    """

    name: str
    begin: int
    end: int
    parts: tuple[str, ...]
    norm_eval: bool = False


@LOOPS.register_module()
class PhasedTrainLoop(IterBasedTrainLoop):
    """Iteration-based training whose phases switch the model's parts.

    Every phase makes only the views that its parts need and ends with a validation. The
    random state of an iteration depends only on the seed, the iteration and the rank, and
    so do its data (:class:`mmpose_uda.datasets.SourceTargetDataset`): a resumed run
    repeats nothing and ends as an uninterrupted one would.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader | dict): Its sampler is an ``InfiniteDrawSampler``.
        phases (Sequence[dict]): Each with ``name``, ``iters`` and ``parts``, and optionally
            ``norm_eval`` (see :class:`Phase`).

    Raises:
        UserError: The loader makes no draws, there are no phases, a phase lacks a name,
            iterations or parts or has other keys, or two phases have the same name.
    """

    def __init__(self, runner, dataloader: Union[DataLoader, dict], phases: Sequence[dict]):
        # The parent's own __init__ starts workers for an iterator of all views.
        BaseLoop.__init__(self, runner, dataloader)
        self._require_draws()
        self.phases = make_phases(phases)
        self.phase = self.phases[0]
        self._max_iters = self.phases[-1].end
        self._max_epochs = 1
        self._epoch = 0
        self._iter = 0
        self.val_begin = self._max_iters
        self.val_interval = self._max_iters
        self.stop_training = False
        self.runner.visualizer.dataset_meta = self.dataloader.dataset.metainfo
        self.drop_late_schedulers()

    def _require_draws(self) -> None:
        """Refuse a loader that does not load draws as batches of views."""
        sampler, collate = self.dataloader.sampler, self.dataloader.collate_fn
        if not isinstance(sampler, DrawSampler):
            raise UserError(
                f'`train_dataloader.sampler` is a {type(sampler).__name__}, but phases '
                'need draws: let its type be InfiniteDrawSampler.'
            )
        if getattr(collate, 'func', collate) is pseudo_collate:
            raise UserError(
                '`train_dataloader.collate_fn` is pseudo_collate, which makes no batch of '
                'views: let its type be collate_views.'
            )

    @property
    def model(self):
        """The model without a distributed wrapper."""
        return unwrapped_model(self.runner)

    @property
    def results(self) -> list[dict]:
        """``name``, ``iters`` and ``metrics`` of each finished phase; survives resuming."""
        return self.runner.message_hub.get_info(_RESULTS, [])

    def run(self) -> torch.nn.Module:
        """Train all phases that are not finished."""
        self.check_parts()
        if self._iter == 0:
            self.model.begin_run()
            # An earlier run of this name in the same process shares the message hub.
            self.runner.message_hub.update_info(_RESULTS, [])
            self.runner.message_hub.update_info(_DRAWS, 0)
        self.runner.call_hook('before_train')
        if self.runner.val_loop is not None:
            self.model.require_tested()  # now rather than after hours
        self.runner.call_hook('before_train_epoch')
        for phase in self.phases:
            self.phase = phase
            if self._iter < phase.end:
                self.run_phase()
            if phase.name not in [result['name'] for result in self.results]:
                self.validate()
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def drop_late_schedulers(self) -> None:
        """Leave out schedulers that begin after the end of the run, which mmengine refuses.

        A config's schedulers are made for its own length, and a run may be shorter. One
        without an ``end`` lasts to the end of the run, which mmengine fills in.
        """
        configs = self.runner.param_schedulers
        if isinstance(configs, (list, tuple)):
            self.runner.param_schedulers = [
                cfg
                for cfg in configs
                if 'end' in cfg or cfg.get('begin', 0) < self._max_iters
            ]

    def check_parts(self) -> None:
        """Let a misspelt part or view fail before the first iteration, not hours later."""
        for phase in self.phases:
            self.model.set_phase(phase.parts, phase.norm_eval)
            self.dataloader.dataset.set_active_views(sorted(self.model.required_views))

    def run_phase(self) -> None:
        """Train to the end of the current phase."""
        starts = self._iter == self.phase.begin
        enter = self.model.begin_phase if starts else self.model.resume_phase
        enter(self.phase.parts, self.phase.norm_eval)
        self.count_accumulation()
        self.forget_losses()
        hub = self.runner.message_hub
        for data_batch in self.start_data():
            self.runner.model.train()
            torch.manual_seed(iteration_seed(self.runner.seed, self._iter))
            # before the step, at whose end a checkpoint is written
            hub.update_info(_DRAWS, self.draws + self.draws_per_step)
            self.run_iter(data_batch)
            if self._iter >= self.phase.end:
                break

    def count_accumulation(self) -> None:
        """Let the last step of a phase come at its end, and gradients go no further.

        mmengine counts accumulated iterations over the whole run, so that the first step of
        a phase could hold gradients of parts that it does not have.
        """
        phase = self.phase
        self.runner.optim_wrapper.initialize_count_status(
            self.runner.model, self._iter - phase.begin, phase.end - phase.begin
        )

    def forget_losses(self) -> None:
        """Remove losses of parts that the phase does not have from its log."""
        scalars = self.runner.message_hub.log_scalars
        for key in [key for key in scalars if key.startswith('train/')]:
            if 'loss' in key or key.split('/')[1] in self.model.alignments:
                scalars.pop(key)

    def start_data(self) -> DataLoader:
        """Point the data at the current iteration and the views of the phase."""
        views = set(self.model.required_views)
        for hook in self.runner.hooks:
            views.update(getattr(hook, 'required_views', ()))
        dataset, sampler = self.dataloader.dataset, self.dataloader.sampler
        dataset.set_active_views(sorted(views))
        # The run's seed, which a resumed run has from its checkpoint, is the only one.
        dataset.seed = self.runner.seed
        sampler.set_views(dataset.active_views)
        sampler.set_start(self.draws)
        return self.dataloader

    @property
    def draws(self) -> int:
        """Draws used by all processes together; survives resuming, on any number."""
        of_one_world = self._iter * self.draws_per_step
        return self.runner.message_hub.get_info(_DRAWS, of_one_world)

    @property
    def draws_per_step(self) -> int:
        """Draws per iteration, of all processes together."""
        return self.dataloader.batch_size * get_world_size()

    def validate(self) -> None:
        """Validate and remember the metrics of the phase."""
        metrics = self.runner.val_loop.run() if self.runner.val_loop is not None else {}
        result = dict(
            name=self.phase.name,
            iters=self.phase.end - self.phase.begin,
            metrics={key: float(value) for key, value in metrics.items()},
        )
        self.runner.message_hub.update_info(_RESULTS, [*self.results, result])


def make_phases(configs: Sequence[dict]) -> tuple[Phase, ...]:
    """Lay phases end to end.

    Raises:
        UserError: See :class:`PhasedTrainLoop`.
    """
    phases: list[Phase] = []
    for config in configs:
        for key in sorted(set(config) - _KNOWN):
            raise UserError(
                f'The phase {dict(config)} takes no `{key}`: {closest(key, _KNOWN)}.'
            )
        if not _NEEDED <= set(config) or config['iters'] < 1:
            raise UserError(
                f'The phase {dict(config)} needs a `name`, `iters` of at least 1 and the '
                '`parts` that are active in it.'
            )
        parts = config['parts']
        if not isinstance(parts, (list, tuple)) or not parts:
            raise UserError(
                f'The `parts` of the phase {config["name"]!r} are {parts!r}: list one or '
                'more, such as supervised.'
            )
        begin = phases[-1].end if phases else 0
        end = begin + config['iters']
        norm_eval = config.get('norm_eval', False)
        if not isinstance(norm_eval, bool):
            raise UserError(
                f'The `norm_eval` of the phase {config["name"]!r} is {norm_eval!r}: let it '
                'be True or False.'
            )
        phases.append(Phase(config['name'], begin, end, tuple(parts), norm_eval))
    names = [phase.name for phase in phases]
    if not names or len(set(names)) < len(names):
        raise UserError(f'`phases` needs one or more phases, of different names: {names}.')
    return tuple(phases)


def iteration_seed(seed: int, iteration: int) -> int:
    """Return a seed that depends only on the run's seed, the iteration and the rank."""
    return random_key(seed, iteration, get_rank())

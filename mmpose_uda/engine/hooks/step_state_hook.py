"""Resumable steps in mmengine's own training loop."""

from typing import Optional

import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.datasets.samplers import DrawSampler
from mmpose_uda.engine.runner.phased_train_loop import iteration_seed
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError


@HOOKS.register_module()
class StepStateHook(Hook):
    """Lets a step depend only on the weights, the run's seed, its number and the rank.

    So do its data and its random numbers. A run that is resumed from a checkpoint then ends
    with the weights of an uninterrupted one.
    :class:`PhasedTrainLoop` does so on its own; this hook is for ``EpochBasedTrainLoop``.
    (An ``IterBasedTrainLoop`` starts its workers earlier, so there the data keep the
    ``seed`` of their config.)

    Raises:
        UserError: The sampler of the training data repeats draws.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner) -> None:
        """Begin or resume; the data get the run's seed, restored if the run is resumed."""
        loader = runner.train_dataloader
        if not isinstance(loader.sampler, DrawSampler):
            raise UserError(
                f'`train_dataloader.sampler` is {type(loader.sampler).__name__}, which '
                'repeats the same augmentation and pairs in every epoch: write '
                "sampler=dict(_delete_=True, type='EpochDrawSampler')."
            )
        loader.dataset.seed = runner.seed
        model = unwrapped_model(runner)
        if runner.iter == 0:
            model.begin_run()
        else:
            model.resume_phase(model.active_parts)

    def before_train_iter(
        self, runner, batch_idx: int, data_batch: Optional[dict] = None
    ) -> None:
        """Seed the random numbers of the step."""
        torch.manual_seed(iteration_seed(runner.seed, runner.iter))

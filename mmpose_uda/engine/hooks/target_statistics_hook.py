"""The target's BatchNorm statistics, before an adaptation begins or when it has ended."""

from typing import Optional

from mmengine.hooks import Hook
from mmpose.registry import HOOKS
from torch import nn

from mmpose_uda.engine.target_statistics import re_estimate
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import batch_norm_layers


@HOOKS.register_module()
class TargetStatisticsHook(Hook):
    """Gives networks the BatchNorm statistics of the target, once (AdaBN, Li et al. 2016).

    At the start, for an adaptation that begins with a model trained elsewhere
    (``load_from``): its teacher labels the target from the first step on, and does so
    better with the target's statistics. At the end, for a model whose
    ``test_statistics`` are the source's: its teacher labelled as the labelled domain is
    seen, and what is tested and exported looks at the target.

    Networks without BatchNorm pass, and at the start runs that go on.

    Args:
        max_batches (int): One pass over the target is looked at, or so many batches.
        at (str): 'start', or 'end': after the last step, before it is validated and
            saved.

    Raises:
        UserError: ``at`` is neither.
    """

    def __init__(self, max_batches: int = 25, at: str = 'start'):
        if at not in ('start', 'end'):
            raise UserError(
                f"`at` of TargetStatisticsHook is 'start' or 'end', not {at!r}."
            )
        self.max_batches = max_batches
        self.at = at
        # before the teacher becomes a copy of the student, or after its last step
        self.priority = 'ABOVE_NORMAL' if at == 'start' else 'BELOW_NORMAL'

    def before_train(self, runner) -> None:
        """Re-estimate those of the student."""
        if self.at == 'start' and runner.iter == 0:
            model = unwrapped_model(runner)
            model.begin_run()
            self._re_estimate(runner, model.student)

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Re-estimate those of both networks."""
        if self.at == 'end' and self.is_last_train_iter(runner):
            model = unwrapped_model(runner)
            for network in (model.student, model.teacher.module):
                self._re_estimate(runner, network)

    def _re_estimate(self, runner, network: nn.Module) -> None:
        if batch_norm_layers(network):
            loader = runner.train_dataloader
            one_pass = -(-len(loader.dataset.target) // loader.batch_size)
            re_estimate(runner, network, min(one_pass, self.max_batches))

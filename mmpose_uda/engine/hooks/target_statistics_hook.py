"""The target's BatchNorm statistics, before an adaptation begins or when it has ended."""

from typing import Optional

from mmengine.hooks import Hook
from mmpose.registry import HOOKS
from torch import nn

from mmpose_uda.engine.target_statistics import re_estimate
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import batch_norm_layers
from mmpose_uda.views import TARGET_TEACHER


@HOOKS.register_module()
class TargetStatisticsHook(Hook):
    """Gives networks the BatchNorm statistics of the target, once (AdaBN, Li et al. 2016).

    At the start, for an adaptation that begins with a model trained elsewhere
    (``load_from``): its teacher labels the target from the first step on, and does so
    better with the target's statistics. At the end, for a model whose
    ``test_statistics`` are the source's: its teacher labelled with the source's
    statistics, but what is tested and exported sees the target.

    Networks without BatchNorm are left as they are, and at the start so are resumed runs.

    Args:
        max_batches (int): Number of batches, but at most one pass over the target.
        at (str): 'start', or 'end': after the last step, before it is validated and
            saved.

    Raises:
        UserError: ``at`` is neither; or, before the first step, the model has no student or
            the data have no view of the target for the teacher.
    """

    def __init__(self, max_batches: int = 25, at: str = 'start'):
        if at not in ('start', 'end'):
            raise UserError(
                f"`at` of TargetStatisticsHook must be 'start' or 'end', not {at!r}."
            )
        self.max_batches = max_batches
        self.at = at
        # before the teacher becomes a copy of the student, or after its last step
        self.priority = 'ABOVE_NORMAL' if at == 'start' else 'BELOW_NORMAL'

    def before_train(self, runner) -> None:
        """Re-estimate the student's statistics at the start of a run."""
        model = unwrapped_model(runner)
        _require_target(model, runner.train_dataloader.dataset)
        if self.at == 'start' and runner.iter == 0:
            model.begin_run()
            self._re_estimate(runner, [model.student])

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Re-estimate the statistics of both networks after the last step."""
        if self.at == 'end' and self.is_last_train_iter(runner):
            model = unwrapped_model(runner)
            self._re_estimate(runner, [model.student, model.teacher.module])

    def _re_estimate(self, runner, networks: list[nn.Module]) -> None:
        if batch_norm_layers(networks[0]):
            loader = runner.train_dataloader
            one_pass = -(-len(loader.dataset.target) // loader.batch_size)
            re_estimate(runner, networks, min(one_pass, self.max_batches))


def _require_target(model: nn.Module, dataset) -> None:
    """Refuse what would cause an error only at the last step."""
    if not hasattr(model, 'student'):
        raise UserError(
            'TargetStatisticsHook is for a DomainAdaptivePoseEstimator, and the model is '
            f'a {type(model).__name__}: leave the hook out.'
        )
    if TARGET_TEACHER not in getattr(dataset, 'views', ()):
        raise UserError(
            f'TargetStatisticsHook needs the view `{TARGET_TEACHER}`, which the training '
            'data lack: add that view, or leave the hook out.'
        )

"""The target's BatchNorm statistics before an adaptation begins."""

from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.engine.target_statistics import re_estimate
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.models.utils import batch_norm_layers


@HOOKS.register_module()
class TargetStatisticsHook(Hook):
    """Gives a trained model the BatchNorm statistics of the target, once, at the start.

    For an adaptation that begins with a model trained elsewhere (``load_from``): its
    teacher labels the target from the first step on, and does so better with the target's
    statistics (AdaBN, Li et al. 2016). Networks without BatchNorm, and runs that go on,
    pass.
    """

    priority = 'ABOVE_NORMAL'  # before the teacher becomes a copy of the student

    def before_train(self, runner) -> None:
        """Re-estimate those of the student."""
        if runner.iter > 0:
            return
        model = unwrapped_model(runner)
        model.begin_run()
        if batch_norm_layers(model.student):
            re_estimate(runner, model.student)

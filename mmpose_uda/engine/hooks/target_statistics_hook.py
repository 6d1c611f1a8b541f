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

    Args:
        max_batches (int): One pass over the target is looked at, or so many batches.
    """

    priority = 'ABOVE_NORMAL'  # before the teacher becomes a copy of the student

    def __init__(self, max_batches: int = 25):
        self.max_batches = max_batches

    def before_train(self, runner) -> None:
        """Re-estimate those of the student."""
        if runner.iter > 0:
            return
        model = unwrapped_model(runner)
        model.begin_run()
        if batch_norm_layers(model.student):
            loader = runner.train_dataloader
            one_pass = -(-len(loader.dataset.target) // loader.batch_size)
            re_estimate(runner, model.student, min(one_pass, self.max_batches))

"""When the teacher follows the student."""

from typing import Optional

from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.engine.unwrap import unwrapped_model


@HOOKS.register_module()
class EMATeacherHook(Hook):
    """Copies the student into the teacher before training, then averages after each step.

    The teacher and its step count are part of the model's state, so nothing is done before
    a resumed run.
    """

    priority = 'NORMAL'

    def before_train(self, runner) -> None:
        """The teacher equals the student before its first use."""
        if runner.iter == 0:
            unwrapped_model(runner).update_teacher()

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """One step of the average."""
        unwrapped_model(runner).update_teacher()

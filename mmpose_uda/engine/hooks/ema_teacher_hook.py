"""When the teacher follows the student."""

from typing import Optional

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmpose.registry import HOOKS

from mmpose_uda.engine.unwrap import unwrapped_model


@HOOKS.register_module()
class EMATeacherHook(Hook):
    """Copies the student into the teacher before training, then averages after each step.

    The teacher and its step count are part of the model's state, so nothing is done before
    a resumed run.
    """

    priority = 'NORMAL'

    def before_run(self, runner) -> None:
        """Take the teacher out of the optimizer, for which mmengine picks all parameters.

        This must precede the loading of a resumed optimizer.
        """
        if isinstance(runner.optim_wrapper, OptimWrapper):
            teacher = set(map(id, unwrapped_model(runner).teacher.parameters()))
            for group in runner.optim_wrapper.param_groups:
                group['params'] = [p for p in group['params'] if id(p) not in teacher]

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

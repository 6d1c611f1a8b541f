"""When the teacher follows the student."""

from typing import Iterable, Optional

from mmengine.hooks import EMAHook, Hook, SyncBuffersHook
from mmengine.optim import OptimWrapper
from mmpose.registry import HOOKS
from torch import Tensor, nn

from mmpose_uda.engine.steps import has_stepped
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError


@HOOKS.register_module()
class EMATeacherHook(Hook):
    """Copies the student into the teacher before training, then averages after each step.

    The teacher and its step count are part of the model's state, so nothing is copied
    before a resumed run. A step is one of the optimizer: an iteration that only accumulates
    gradients does not count.

    A step that :class:`GuardedOptimWrapper` has skipped, or that led to weights that are
    not finite, does not move the teacher.

    Buffers are made equal on all processes at each step, so mmengine's ``SyncBuffersHook``,
    which mmpose's configs have, is turned off: it would average all buffers.

    For a model without a ``teacher``, such as any of mmpose, mmengine's ``EMAHook`` keeps
    an average with :class:`TeacherEMA`, which is validated and saved in checkpoints.

    Args:
        **average: Arguments of that :class:`TeacherEMA`, such as its ``momentum``.

    Raises:
        UserError: At the start of a run, if such arguments are given but the model has a
            teacher.
    """

    priority = 'NORMAL'

    def __init__(self, **average):
        self.average = average

    def before_run(self, runner) -> None:
        """Prepare for the teacher, or let mmengine average a model that has none."""
        model = unwrapped_model(runner)
        if not hasattr(model, 'teacher'):
            self._hand_over(runner)
            return
        if self.average:
            raise UserError(
                f'EMATeacherHook has {", ".join(self.average)}, but the model has a '
                'teacher of its own: give them to `teacher` of the model.'
            )
        for hook in runner.hooks:
            if isinstance(hook, SyncBuffersHook):
                hook.distributed = False
        if isinstance(runner.optim_wrapper, OptimWrapper):
            self._leave_out_of_optimizer(runner, model.averaged_parameters())

    def _hand_over(self, runner) -> None:
        """Replace this hook by mmengine's."""
        hook = _FiniteEMAHook('mmpose.TeacherEMA', **self.average)
        runner.hooks[runner.hooks.index(self)] = hook
        hook.before_run(runner)

    @staticmethod
    def _leave_out_of_optimizer(runner, parameters: Iterable[nn.Parameter]) -> None:
        """Take averages out of the optimizer, to which mmengine gives all parameters.

        This must be done before a resumed optimizer is loaded.
        """
        averaged = set(map(id, parameters))
        for group in runner.optim_wrapper.param_groups:
            group['params'] = [p for p in group['params'] if id(p) not in averaged]

    def before_train(self, runner) -> None:
        """Copy the student into the teacher before its first use."""
        if runner.iter == 0:
            model = unwrapped_model(runner)
            model.begin_run()
            model.update_teacher()

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Update the teacher."""
        if has_stepped(runner):
            unwrapped_model(runner).update_teacher(_was_finite(runner))


class _FiniteEMAHook(EMAHook):
    """mmengine's hook, whose average ignores steps that were not finite, too."""

    def before_train(self, runner) -> None:
        """Copy the initial weights, which the model did not have yet when this was built.

        If the first step is not finite, the model gets its buffers back from here.
        """
        super().before_train(runner)
        if runner.iter == 0:
            self.ema_model.module.load_state_dict(self.src_model.state_dict())

    def after_train_iter(self, runner, *args, **kwargs) -> None:
        """Update the average."""
        if not has_stepped(runner):
            return
        if self._ema_started(runner):
            self.ema_model.update_parameters(self.src_model, _was_finite(runner))
        else:
            super().after_train_iter(runner, *args, **kwargs)


def _was_finite(runner) -> Optional[Tensor]:
    """Whether the last step was finite, bool; None if the optimizer wrapper cannot tell."""
    return getattr(runner.optim_wrapper, 'finite', None)

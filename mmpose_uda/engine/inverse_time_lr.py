"""The learning rate of the public AdaIN training."""

from mmengine.optim import _ParamScheduler
from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmpose.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class InverseTimeLR(LRSchedulerMixin, _ParamScheduler):
    """Divides the learning rate by ``1 + decay * step``.

    Args:
        optimizer (Optimizer | OptimWrapper): Whose learning rate it is.
        decay (float): Share of the first learning rate that the divisor grows by in a step.
        **kwargs: As for all of mmengine's schedulers: ``begin``, ``end``, ``by_epoch``...
    """

    def __init__(self, optimizer, decay: float, **kwargs):
        self.decay = decay
        super().__init__(optimizer, **kwargs)

    def _get_value(self) -> list[float]:
        """Relative to the step before, so that it goes with other schedulers."""
        rates = [group[self.param_name] for group in self.optimizer.param_groups]
        if self.last_step == 0:
            return rates
        before = 1 + self.decay * (self.last_step - 1)
        return [rate * before / (before + self.decay) for rate in rates]

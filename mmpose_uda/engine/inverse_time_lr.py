"""The learning rate of the public AdaIN training."""

from mmengine.optim import _ParamScheduler
from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmpose.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class InverseTimeLR(LRSchedulerMixin, _ParamScheduler):
    """Divides the learning rate by ``1 + decay * step``.

    Args:
        optimizer (Optimizer | OptimWrapper): The optimizer with the learning rate.
        decay (float): How much the divisor of the first learning rate grows per step.
        **kwargs: As for all of mmengine's schedulers: ``begin``, ``end``, ``by_epoch``...
    """

    def __init__(self, optimizer, decay: float, **kwargs):
        self.decay = decay
        super().__init__(optimizer, **kwargs)

    def _get_value(self) -> list[float]:
        """Relative to the previous step, so that it combines with other schedulers."""
        rates = [group[self.param_name] for group in self.optimizer.param_groups]
        if self.last_step == 0:
            return rates
        before = 1 + self.decay * (self.last_step - 1)
        return [rate * before / (before + self.decay) for rate in rates]

"""Information maximisation on the target's predictions."""

from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.models.alignments.base import Alignment, require_reader
from mmpose_uda.models.observation import Observations


@MODELS.register_module()
class InformationMaximization(Alignment):
    """Makes the student's target predictions certain individually and diverse together.

    Args:
        loss (dict): Loss of the logits of the head's maps of positions.
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('target_student',)

    def __init__(
        self,
        loss: dict = dict(type='InfoMaxLoss'),
        loss_weight: float = 0.3,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.loss_module = MODELS.build(loss)

    def check(self, name, estimator) -> None:
        """See the base class."""
        require_reader(name, estimator, with_maps=True)
        with estimator.trial(name) as seen:
            self.loss_module.check(seen.logits)

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        logits = observed['target_student'].logits
        return dict(loss=self.loss_module(logits, keypoints=observed.labelled_keypoints))

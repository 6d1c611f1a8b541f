"""Information maximisation on the target's predictions."""

from typing import TYPE_CHECKING

from mmpose.models.heads import DSNTHead, IntegralRegressionHead, RegressionHead, RLEHead
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment

if TYPE_CHECKING:
    from mmpose_uda.models.pose_estimators.observation import Observations

# Their outputs are coordinates, not maps of positions.
_COORDINATE_HEADS = (RegressionHead, RLEHead, IntegralRegressionHead, DSNTHead)


@MODELS.register_module()
class InformationMaximization(Alignment):
    """The student's target predictions are certain one by one and diverse together.

    Args:
        loss (dict): Loss of the output of the head.
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
        head = estimator.student.head
        if isinstance(head, _COORDINATE_HEADS):
            raise UserError(
                f'The part {name!r} maximises the information of maps of positions, but '
                f'{type(head).__name__} predicts coordinates: use a heatmap, SimCC, RTMCC '
                'or volumetric head.'
            )

    def forward(self, observed: 'Observations') -> dict[str, Tensor]:
        outputs = observed['target_student'].head_outputs
        return dict(loss=self.loss_module(outputs))

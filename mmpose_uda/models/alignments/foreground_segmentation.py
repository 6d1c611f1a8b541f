"""Learns from the source's masks to predict the foreground."""

from mmpose.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment
from mmpose_uda.models.observation import Observations


@MODELS.register_module()
class ForegroundSegmentation(Alignment):
    """Trains the estimator's foreground head on the masks of the source.

    Args:
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('source',)

    def check(self, name, estimator) -> None:
        if estimator.foreground_head is None:
            raise UserError(
                f'The part {name!r} trains a foreground head, which the model does not '
                'have: give it a `foreground_head`, or leave the part out.'
            )

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        masks = observed.dataset_masks('source')
        if masks is None:
            raise UserError(
                'ForegroundSegmentation needs masks of the source: add `mask_file` to its '
                'annotations, or leave the part out.'
            )
        logits = observed.foreground_head(observed['source'].features)
        masks = F.adaptive_avg_pool2d(masks, logits.shape[-2:])
        return dict(loss_bce=F.binary_cross_entropy_with_logits(logits, masks))

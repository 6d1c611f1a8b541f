"""What the networks saw of all views of a step."""

from functools import cached_property
from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmpose_uda.errors import UserError
from mmpose_uda.models.observation.carrying import carried
from mmpose_uda.models.observation.source_statistics import SourceStatistics
from mmpose_uda.models.observation.view_observation import ViewObservation
from mmpose_uda.models.utils import between_views, warp_maps
from mmpose_uda.views import TARGET_TEACHER, view_of


class Observations(dict):
    """All views of one training step: view name -> :class:`ViewObservation`.

    Args:
        views (dict[str, ViewObservation]): Observations by view name.
        steps (Tensor): Optimizer steps of the phase completed so far, a scalar.
        labelled_keypoints (Tensor, optional): 1 for keypoints with labels in the source,
            else 0, [K]; None if no reader reads the head.
        source_statistics (SourceStatistics, optional): What is known of the source's
            poses; None if no reader reads the head.
        foreground_head (nn.Module, optional): Learns to predict the foreground.
        foreground_teacher (nn.Module, optional): Its moving average, which predicts the
            foreground of target views without masks.
    """

    def __init__(
        self,
        views: dict[str, ViewObservation],
        steps: Tensor,
        labelled_keypoints: Optional[Tensor] = None,
        source_statistics: Optional[SourceStatistics] = None,
        foreground_head: Optional[nn.Module] = None,
        foreground_teacher: Optional[nn.Module] = None,
    ):
        super().__init__(views)
        self.steps = steps
        self.labelled_keypoints = labelled_keypoints
        self.source_statistics = source_statistics
        self.foreground_head = foreground_head
        self.foreground_teacher = foreground_teacher
        self._foreground: dict[str, Tensor] = {}

    @cached_property
    def pseudo_labels(self) -> tuple[Tensor, Tensor]:
        """The teacher's points in the student's view, [B, K, A], and confidence [B, K]."""
        return carried(self[TARGET_TEACHER], self['target_student'])

    def foreground(self, view: str) -> Tensor:
        """Soft foreground mask of a view, [B, 1, H, W] in [0, 1], without gradient.

        Taken from the data set's masks if the view has them. Otherwise the teacher predicts
        the foreground of ``target_teacher``, the undisturbed image, and the result is
        carried into ``view``.

        Raises:
            UserError: There are no masks, and nothing can predict the foreground.
        """
        if view not in self._foreground:
            masks = self.dataset_masks(view)
            if masks is None:
                self._require_prediction(view)
                masks = self._predicted_foreground(view)
            self._foreground[view] = masks
        return self._foreground[view]

    def dataset_masks(self, view: str) -> Optional[Tensor]:
        """The data set's masks of a view, [B, 1, H, W], or None if any image has none."""
        samples = self[view].data_samples
        if not all('gt_foreground' in sample for sample in samples):
            return None
        masks = torch.stack([sample.gt_foreground for sample in samples])
        return masks.to(self[view].images)

    def _require_prediction(self, view: str) -> None:
        advice = 'add `mask_file` to its annotations and LoadPoseMask to its pipeline'
        if view_of(view).domain != 'target':
            raise UserError(f'The foreground of {view!r} needs masks: {advice}.')
        if self.foreground_teacher is None:
            raise UserError(
                f'An image of {view!r} has no mask, and the model has no '
                f'`foreground_head` to predict its foreground: {advice}, or give the model '
                'a `foreground_head`.'
            )

    @torch.no_grad()
    def _predicted_foreground(self, view: str) -> Tensor:
        seen = self[TARGET_TEACHER]
        soft = self.foreground_teacher(seen.features).sigmoid()
        size = self[view].images.shape[-2:]
        soft = F.interpolate(soft, size=seen.images.shape[-2:], mode='bilinear')
        if view == TARGET_TEACHER:
            return soft
        return warp_maps(soft, between_views(seen.warp_mats, self[view].warp_mats), size)

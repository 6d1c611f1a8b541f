"""Draw what masked modelling and attention regularisation do to images."""

from typing import Optional

import numpy as np
import torch
from torch import Tensor

from mmpose_uda.models.alignments import AttentionRegularization, MaskedReconstruction
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.pose_estimators import DomainAdaptivePoseEstimator
from mmpose_uda.visualization import hide_patches, masked_modelling_sheet


@torch.no_grad()
def draw_masked_modelling(
    model: DomainAdaptivePoseEstimator, observed: Observations, view: str
) -> Optional[np.ndarray]:
    """Draw, in one row per image, input, mask, reconstruction, foreground and attention.

    Args:
        model (DomainAdaptivePoseEstimator): Model whose active parts are shown.
        observed (Observations): Observations of a batch that include ``view``.
        view (str): The view to show.

    Returns:
        np.ndarray: The sheet, BGR uint8; None if no active part has anything to show.
    """
    to_pictures = _Denormalize(model.student.data_preprocessor)
    images = to_pictures(observed[view].images)
    shown: dict = {}
    for part in model.active_alignments.values():
        if isinstance(part, MaskedReconstruction) and view in part.reconstructed:
            painted, hidden = part.reconstruct(observed, view)
            shown['masked'] = list(map(hide_patches, images, _maps(hidden)))
            shown['reconstructions'] = to_pictures(painted)
            if part.foreground:
                shown['foreground'] = _maps(observed.foreground(view))
        elif isinstance(part, AttentionRegularization) and view in part.regularised:
            maps = {
                f'layer {i}': part.received(observed, view, i).cpu().numpy()
                for i in part.attention_layers
            }
            shown.setdefault('attention', {}).update(maps)
            if part.foreground_weight:
                shown['foreground'] = _maps(observed.foreground(view))
    return masked_modelling_sheet(images, **shown) if shown else None


class _Denormalize:
    """Converts normalised tensors [B, 3, H, W] to BGR pictures [H, W, 3] in 0..255."""

    def __init__(self, preprocessor: torch.nn.Module):
        self.preprocessor = preprocessor

    def __call__(self, images: Tensor) -> list[np.ndarray]:
        images = images.cpu() * self.preprocessor.std.cpu() + self.preprocessor.mean.cpu()
        if self.preprocessor._channel_conversion:
            images = images.flip(1)
        return list(images.permute(0, 2, 3, 1).numpy())


def _maps(maps: Tensor) -> np.ndarray:
    return maps[:, 0].cpu().numpy()

"""Evaluate the starting and the adapted model on images that were not trained on."""

from collections.abc import Sequence
from typing import Optional

from torch import nn

from mmpose_uda.adaptation.equivariance import Seen, look
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.signals import Observed, observe
from mmpose_uda.adaptation.source_reference import SourceReference
from mmpose_uda.adaptation.target_images import load_frames
from mmpose_uda.inference.image_sources import Frame

LOOKED_AT = 100
"""Largest number of boxes of held-out images that the verdict is based on."""


def observe_held_out(
    runs: Sequence[AdaptationRun],
    before: nn.Module,
    reference: Optional[SourceReference],
) -> tuple[list[Frame], Observed]:
    """Evaluate models on the images that their adaptations held out.

    Args:
        runs (Sequence[AdaptationRun]): Trained runs with the same starting model.
        before (nn.Module): The starting model.
        reference (SourceReference, optional): What is known of its source.

    Returns:
        tuple[list[Frame], Observed]: The images, one box each, and what the models find.
    """
    parts = [load_frames(run.split.held_out, LOOKED_AT // len(runs)) for run in runs]
    frames = [frame for part in parts for frame in part]
    after = [look(run.adapted_model(), part) for run, part in zip(runs, parts)]
    observed = observe(
        look(before, frames),
        Seen.together(after),
        before.dataset_meta['flip_indices'],
        reference,
    )
    return frames, observed

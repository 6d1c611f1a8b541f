"""What is known of the source that a model was trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from torch import nn

from mmpose_uda.adaptation.equivariance import find
from mmpose_uda.adaptation.labelled_images import LabelledImages, frame_of
from mmpose_uda.evaluation.samples import visibility
from mmpose_uda.evenly import evenly
from mmpose_uda.models.observation import read_statistics

_QUANTILES = (0.005, 0.995)
_LEVELS = (0.01, 0.99)  # the nearest ones that a statistics file has
_MARGIN = 0.1  # of a length: bounds of few poses are too narrow
_POSES, _IMAGES = 2000, 50  # largest numbers that are used, evenly chosen


@dataclass(frozen=True)
class BoneBounds:
    """How long each bone of a pose may be, as a share of the sum of all bones.

    Args:
        links (np.ndarray): Keypoints [L, 2] that each bone joins.
        low (np.ndarray): Smallest shares [L].
        high (np.ndarray): Largest shares [L].
        dimensions (int): Dimensions of the poses, 2 or 3.
    """

    links: np.ndarray
    low: np.ndarray
    high: np.ndarray
    dimensions: int = 2

    @classmethod
    def of_poses(
        cls, keypoints: np.ndarray, visible: np.ndarray, links: np.ndarray
    ) -> Optional['BoneBounds']:
        """Return bounds that nearly all poses keep; only those with all bones are used.

        Args:
            keypoints (np.ndarray): [N, K, 2] px or [N, K, 3] mm.
            visible (np.ndarray): [N, K]; 0 marks keypoints that are not known.
            links (np.ndarray): Keypoints [L, 2] that each bone joins.

        Returns:
            BoneBounds: None if fewer than 20 poses are whole, or there are no bones.
        """
        if not len(links):
            return None
        whole = (visible[:, np.unique(links)] > 0).all(1)
        if whole.sum() < 20:
            return None
        shares = bone_shares(keypoints[whole], links)
        low, high = np.quantile(shares, _QUANTILES, axis=0)
        return cls(links, low * (1 - _MARGIN), high * (1 + _MARGIN), keypoints.shape[-1])

    def fits(self, poses: np.ndarray) -> bool:
        """Whether poses [N, K, D] have as many dimensions."""
        return poses.shape[-1] == self.dimensions

    def outside(self, keypoints: np.ndarray) -> float:
        """Share of the bones of poses [N, K, D] that are too short or too long."""
        shares = bone_shares(keypoints, self.links)
        # written so that NaN is outside
        return float((~((shares >= self.low) & (shares <= self.high))).mean())


def bone_shares(keypoints: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Lengths [N, L] of the bones of poses [N, K, D], divided by their sum."""
    lengths = np.linalg.norm(keypoints[:, links[:, 0]] - keypoints[:, links[:, 1]], axis=-1)
    return lengths / lengths.sum(1, keepdims=True).clip(1e-9)


@dataclass(frozen=True)
class SourceReference:
    """What is known of the source, for the verdict to compare with.

    Args:
        origin (str): Where it comes from, in words.
        confidence (float, optional): Mean score of the starting model on the source.
        bones (BoneBounds, optional): How long bones are in the source.
    """

    origin: str
    confidence: Optional[float] = None
    bones: Optional[BoneBounds] = None


def measure_source(model: nn.Module, source: LabelledImages) -> SourceReference:
    """Measure a model's confidence on its source, and how long bones are there.

    Args:
        model (nn.Module): The starting model.
        source (LabelledImages): Labelled images that it was trained on.
    """
    infos = source.some(_POSES)
    _, scores, poses = find(
        model, (frame_of(infos[i]) for i in evenly(len(infos), _IMAGES))
    )
    key = 'keypoints_3d' if poses.shape[-1] == 3 else 'keypoints'
    if any(key not in info for info in infos):
        key = 'keypoints'
    keypoints = np.concatenate([info[key] for info in infos])
    visible = np.concatenate([visibility(info['keypoints_visible']) for info in infos])
    links = np.array(source.dataset.metainfo['skeleton_links'], int).reshape(-1, 2)
    return SourceReference(
        origin=f'the source {source.folder.root}',
        confidence=float(scores.mean()),
        bones=BoneBounds.of_poses(keypoints, visible, links),
    )


def read_source(path: Path) -> SourceReference:
    """Read what the file beside an export says about the source.

    The confidence in it is the student's on augmented images.

    Args:
        path (Path): A ``source_statistics.json`` (docs/architecture.md).

    Raises:
        UserError: The file is not valid.
    """
    content = read_statistics(str(path))
    levels = content['quantile_levels']
    low, high = (levels.index(level) for level in _LEVELS)
    lengths = [bone for bone in content.get('bone_lengths', ()) if bone['quantiles']]
    bones = None
    if lengths:
        # The file has lengths relative to the mean bone, here they are relative to the sum
        # of all bones. Both count only bones with labels of both ends; the file has no
        # others.
        quantiles = np.array([bone['quantiles'] for bone in lengths])
        quantiles /= len(lengths)
        bones = BoneBounds(
            np.array([bone['bone'] for bone in lengths]),
            quantiles[:, low] * (1 - _MARGIN),
            quantiles[:, high] * (1 + _MARGIN),
            content['dimensions'],
        )
    means = [one['mean'] for one in content['confidence'] if one['mean'] is not None]
    return SourceReference(
        origin=f'{path}', confidence=float(np.mean(means)) if means else None, bones=bones
    )

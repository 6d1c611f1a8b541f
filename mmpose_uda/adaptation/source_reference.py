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
_LEVELS = (0.01, 0.99)  # the nearest that a file has
_MARGIN = 0.1  # of a length: bounds of few poses are too narrow
_POSES, _IMAGES = 2000, 50  # at most so many are looked at, at equal distances


@dataclass(frozen=True)
class BoneBounds:
    """How long each bone of a pose may be, as a share of the sum of all.

    Args:
        links (np.ndarray): Keypoints [L, 2] that a bone joins.
        low (np.ndarray): [L].
        high (np.ndarray): [L].
        dimensions (int): Of the poses, 2 or 3.
    """

    links: np.ndarray
    low: np.ndarray
    high: np.ndarray
    dimensions: int = 2

    @classmethod
    def of_poses(
        cls, keypoints: np.ndarray, visible: np.ndarray, links: np.ndarray
    ) -> Optional['BoneBounds']:
        """Bounds within which nearly all of the poses are, of which all bones are known.

        Args:
            keypoints (np.ndarray): [N, K, 2] px or [N, K, 3] mm.
            visible (np.ndarray): [N, K]; those that are 0 are not known.
            links (np.ndarray): [L, 2].

        Returns:
            BoneBounds: None of fewer than 20 whole poses, or without bones.
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
        """Whether poses [N, K, D] are in as many dimensions."""
        return poses.shape[-1] == self.dimensions

    def outside(self, keypoints: np.ndarray) -> float:
        """Share of the bones of poses [N, K, D] that are too short or too long."""
        shares = bone_shares(keypoints, self.links)
        # written so that what is not a number is outside
        return float((~((shares >= self.low) & (shares <= self.high))).mean())


def bone_shares(keypoints: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Lengths of bones [N, L] of poses [N, K, D], divided by their sum."""
    lengths = np.linalg.norm(keypoints[:, links[:, 0]] - keypoints[:, links[:, 1]], axis=-1)
    return lengths / lengths.sum(1, keepdims=True).clip(1e-9)


@dataclass(frozen=True)
class SourceReference:
    """What the verdict compares with.

    Args:
        origin (str): Where it is from, in words.
        confidence (float, optional): Mean score of the starting model on the source.
        bones (BoneBounds, optional): How long bones are there.
    """

    origin: str
    confidence: Optional[float] = None
    bones: Optional[BoneBounds] = None


def measure_source(model: nn.Module, source: LabelledImages) -> SourceReference:
    """What a model's source says of how sure it was there, and of bones.

    Args:
        model (nn.Module): The starting model.
        source (LabelledImages): What it was trained on.
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
    """What the file beside an export says of its source.

    Its confidence is that of the student on augmented images.

    Args:
        path (Path): A ``source_statistics.json`` (docs/architecture.md).

    Raises:
        UserError: It is none.
    """
    content = read_statistics(str(path))
    levels = content['quantile_levels']
    low, high = (levels.index(level) for level in _LEVELS)
    lengths = [bone for bone in content.get('bone_lengths', ()) if bone['quantiles']]
    bones = None
    if lengths:
        # of the mean bone there, of the sum of all here
        quantiles = np.array([bone['quantiles'] for bone in lengths])
        quantiles /= len(content['skeleton'])
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

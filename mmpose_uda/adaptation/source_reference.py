"""What is known of the source that a model was trained on."""

from dataclasses import dataclass
from typing import Optional

import numpy as np

_QUANTILES = (0.005, 0.995)
_MARGIN = 0.1  # of a length: bounds of few poses are too narrow


@dataclass(frozen=True)
class BoneBounds:
    """How long each bone of a pose may be, as a share of the sum of all.

    Args:
        links (np.ndarray): Keypoints [L, 2] that a bone joins.
        low (np.ndarray): [L].
        high (np.ndarray): [L].
    """

    links: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of_poses(
        cls, keypoints: np.ndarray, visible: np.ndarray, links: np.ndarray
    ) -> Optional['BoneBounds']:
        """Bounds within which nearly all of the poses are, of which all bones are known.

        Args:
            keypoints (np.ndarray): [N, K, 2] px.
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
        return cls(links, low * (1 - _MARGIN), high * (1 + _MARGIN))

    def outside(self, keypoints: np.ndarray) -> float:
        """Share of the bones of poses [N, K, 2] that are too short or too long."""
        shares = bone_shares(keypoints, self.links)
        return float(((shares < self.low) | (shares > self.high)).mean())


def bone_shares(keypoints: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Lengths of bones [N, L] of poses [N, K, 2], divided by their sum."""
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

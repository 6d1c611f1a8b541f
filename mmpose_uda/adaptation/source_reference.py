"""What is known of the source that a model was trained on."""

from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS
from torch import nn

from mmpose_uda.adaptation.equivariance import find
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.evaluation.samples import visibility
from mmpose_uda.inference.image_sources import Frame

_QUANTILES = (0.005, 0.995)
_MARGIN = 0.1  # of a length: bounds of few poses are too narrow
_POSES, _IMAGES = 2000, 50  # at most so many are looked at, at equal distances


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


def labelled_data(folder: SourceFolder, metainfo: dict[str, Any]) -> BaseDataset:
    """The data set of a folder of labelled images, read.

    Args:
        folder (SourceFolder): Where it is.
        metainfo (dict): Definition of the keypoints.
    """
    config = dict(
        type=folder.dataset,
        metainfo=metainfo,
        data_root=str(folder.root),
        ann_file=folder.train,
        data_prefix=dict(img=folder.images),
        pipeline=[],
    )
    with redirect_stdout(None):  # reading COCO's format prints what it does
        return DATASETS.build(config)


def labelled_frame(info: dict[str, Any]) -> Frame:
    """The image of a sample with its box."""
    image = LoadPoseImage()(dict(img_path=info['img_path']))['img']
    corners = np.asarray(info['bbox'], np.float32)
    box = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    return Frame(info['img_path'], image, box)


def evenly(length: int, most: int) -> list[int]:
    """At most so many indices, at equal distances."""
    return np.linspace(0, length - 1, min(most, length)).round().astype(int).tolist()


def measure_source(
    model: nn.Module, folder: SourceFolder, metainfo: dict[str, Any]
) -> SourceReference:
    """What a model's source says of how sure it was there, and of bones.

    Args:
        model (nn.Module): The starting model.
        folder (SourceFolder): The labelled images that it was trained on.
        metainfo (dict): Definition of the keypoints.
    """
    dataset = labelled_data(folder, metainfo)
    infos = [dataset.get_data_info(i) for i in evenly(len(dataset), _POSES)]
    keypoints = np.concatenate([info['keypoints'] for info in infos])
    visible = np.concatenate([visibility(info['keypoints_visible']) for info in infos])
    links = np.array(dataset.metainfo['skeleton_links'], int).reshape(-1, 2)
    frames = [labelled_frame(infos[i]) for i in evenly(len(infos), _IMAGES)]
    _, scores = find(model, frames)
    return SourceReference(
        origin=f'the source {folder.root}',
        confidence=float(scores.mean()),
        bones=BoneBounds.of_poses(keypoints, visible, links),
    )

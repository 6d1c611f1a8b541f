"""A few annotated images of the target, and the errors of a model on them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np
from torch import nn

from mmpose_uda.adaptation.equivariance import find, longer_sides
from mmpose_uda.adaptation.labelled_images import LabelledImages, frame_of
from mmpose_uda.convert.source_folder import SourceFolder, check_content
from mmpose_uda.datasets.coco_file import load_coco
from mmpose_uda.errors import UserError
from mmpose_uda.evaluation.functional import root_align
from mmpose_uda.evaluation.samples import visibility

_THRESHOLD = 0.05


@dataclass(frozen=True)
class Measured:
    """How near a model's keypoints are to labels.

    Args:
        instances (int): Number of labelled boxes.
        error (float): Mean distance, in longer sides of the box.
        pck (float): Share of the keypoints that are nearer than 0.05 such sides.
    """

    instances: int
    error: float
    pck: float


def find_labelled(path: str, metainfo: dict[str, Any]) -> SourceFolder:
    """Find the images of an annotation file.

    They are in its folder or in ``images`` there; the folder of a file in ``annotations``
    is the one around that.

    Args:
        path (str): COCO-style JSON file.
        metainfo (dict): Definition of the keypoints that it must have.

    Raises:
        UserError: The file is not valid, has other keypoints, or its images are missing.
    """
    file = Path(path)
    content = load_coco(path)
    if not content['images']:
        raise UserError(f'{path} names no image: add some to `images`.')
    name = content['images'][0]['file_name']
    root = file.parent.parent if file.parent.name == 'annotations' else file.parent
    for images in ('', 'images/'):
        if (root / images / name).is_file():
            break
    else:
        raise UserError(
            f'{path} names the image {name}, which is neither in {root} nor in '
            f'{root}/images: put the images there.'
        )
    folder = SourceFolder(root, images, str(file.relative_to(root)), None)
    wanted_by = ('the model', 'annotate those of the model')
    if check_content(folder, content, metainfo, wanted_by):
        raise UserError(
            f'{path} lists feet, face and hands separately, as COCO-WholeBody does: put '
            'all keypoints into `keypoints`.'
        )
    return folder


def measure(model: nn.Module, labelled: LabelledImages) -> Measured:
    """Compare a model's keypoints with labels.

    Args:
        model (nn.Module): A top-down estimator.
        labelled (LabelledImages): The labels.
    """
    distances, _ = errors(model, labelled)
    counted = distances[np.isfinite(distances)]
    return Measured(
        len(distances), float(counted.mean()), float((counted < _THRESHOLD).mean())
    )


def errors(
    model: nn.Module, labelled: LabelledImages, most: Optional[int] = None
) -> tuple[np.ndarray, Optional[np.ndarray]]:
    """Return the distance of every keypoint from its label.

    Args:
        model (nn.Module): A top-down estimator.
        labelled (LabelledImages): The labels.
        most (int, optional): Largest number of instances, evenly chosen. Default: all.

    Returns:
        tuple[np.ndarray, np.ndarray | None]: [N, K] in longer sides of the box; and, if
        model and labels are 3D, [N, K] mm with the first keypoint moved onto its label.
        NaN where there is no label.
    """
    infos = labelled.some(most or len(labelled.dataset))
    found, _, poses = find(model, map(frame_of, infos))
    visible = np.concatenate([visibility(info['keypoints_visible']) for info in infos]) > 0

    def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.where(visible, np.linalg.norm(one - other, axis=-1), np.nan)

    sides = longer_sides(np.concatenate([info['bbox'] for info in infos]))
    in_image = apart(found, np.concatenate([info['keypoints'] for info in infos]))
    has_3d = poses.shape[-1] == 3 and all('keypoints_3d' in info for info in infos)
    in_space = None
    if has_3d:
        truth = np.concatenate([info['keypoints_3d'] for info in infos])
        in_space = apart(root_align(poses), root_align(truth))
    return in_image / sides[:, None], in_space

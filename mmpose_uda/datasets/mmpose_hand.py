"""Hands in the annotation files that mmpose provides for its own classes."""

from typing import Any, Optional

import numpy as np
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS

from mmpose_uda.datasets.coco_annotation import as_triples, labelled_points
from mmpose_uda.datasets.coco_file import load_coco, with_images
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.datasets.pose_dataset import PoseDataset
from mmpose_uda.errors import UserError

_TOLERANCE = 0.5  # px


@DATASETS.register_module()
class MMPoseHand(PoseDataset):
    """The annotation file of one of mmpose's classes, with 3D if the file has it.

    The keypoints are put in the order of ``metainfo`` by their names. Their order in the
    file is that of mmpose's class: RHD's begins each finger at its tip, and the
    ``categories`` in the file are wrong about it.

    3D is ``joint_cam`` of an annotation (K x 3, mm, along the camera's axes), with
    ``cam_param`` of its image (``focal`` and ``princpt``, px), as in mmpose's
    ``rhd_train.json`` and ``rhd_test.json``; its other files of hands have none.
    ``hand_type`` is the side for :class:`MirrorRightHand`.

    Args:
        dataset (str): mmpose's class for the file, such as 'Rhd2DDataset' or
            'FreiHandDataset'.
        data_prefix (dict): Folders, relative to ``data_root``. Default: images are in
            ``data_root`` itself.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PoseDataset`; or mmpose has no such class, or one with
            other keypoints; or 3D in the file does not project onto its keypoints.
    """

    def __init__(
        self, dataset: str = 'Rhd2DDataset', data_prefix: Optional[dict] = None, **kwargs
    ):
        self.file_names = _names_of(dataset)
        super().__init__(data_prefix=data_prefix or dict(img=''), **kwargs)

    def read_file(self) -> dict[str, Any]:
        """Read the annotation file into the keys and the order of :class:`PoseDataset`."""
        names = keypoint_names(self._metainfo)
        if sorted(names) != sorted(self.file_names):
            raise UserError(
                f'The keypoints of `{self.ann_file}` ({", ".join(self.file_names)}) are '
                f'not those that are wanted ({", ".join(names)}): set `dataset` to the '
                'class that the file is for, or pass another `metainfo`.'
            )
        order = [self.file_names.index(name) for name in names]
        content = load_coco(self.ann_file)
        for image in content['images']:
            if 'cam_param' in image:
                image['camera'] = _camera(image, self.ann_file)
        for annotation in content['annotations']:
            self._translate(annotation, order)
        self._require_projections(content)
        return dict(content, categories=[])

    def _translate(self, annotation: dict, order: list[int]) -> None:
        points = labelled_points(annotation, self.ann_file, len(order))
        if points is not None:
            annotation['keypoints'] = points[order].tolist()
        if annotation.get('joint_cam') is not None:
            poses = as_triples(annotation, 'joint_cam', self.ann_file, len(order))
            annotation['keypoints_3d'] = poses[order]
        if annotation.get('hand_type') in ('left', 'right'):
            annotation['hand_side'] = annotation['hand_type']

    def _require_projections(self, content: dict) -> None:
        """Check the 3D of all annotations together, so that single bad ones pass."""
        errors = [
            _projection_errors(annotation, image['camera'])
            for annotation, image in with_images(content, self.ann_file)
            if 'camera' in image
            and annotation.get('keypoints') is not None
            and 'keypoints_3d' in annotation
        ]
        off = np.median(np.concatenate(errors)) if errors else 0.0
        if not off <= _TOLERANCE:
            raise UserError(
                f'`joint_cam` of `{self.ann_file}`, projected with `cam_param`, is '
                f'{off:.1f} px from the keypoints: set `dataset` to the class that the '
                'file is for, or correct its cameras.'
            )


def _names_of(dataset: str) -> list[str]:
    metainfo = getattr(DATASETS.get(dataset), 'METAINFO', None)
    if not metainfo:
        raise UserError(
            f'mmpose has no data set {dataset!r} with keypoints: set `dataset` to the name '
            "of a class such as 'Rhd2DDataset' or 'FreiHandDataset'."
        )
    return keypoint_names(parse_pose_metainfo(dict(metainfo)))


def _camera(image: dict, path: str) -> dict[str, np.ndarray]:
    try:
        focal, point = (
            np.array(image['cam_param'][key], np.float64).reshape(2)
            for key in ('focal', 'princpt')
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f'`cam_param` of image {image["id"]} of `{path}` does not hold `focal` and '
            '`princpt` of two numbers each: correct or remove it.'
        ) from error
    return dict(focal=focal, principal_point=point)


def _projection_errors(annotation: dict, camera: dict[str, np.ndarray]) -> np.ndarray:
    """Distances of visible keypoints to projected 3D ones, px; inf behind the camera."""
    points, keypoints = annotation['keypoints_3d'], np.array(annotation['keypoints'])
    visible = keypoints[:, 2] > 0
    points, keypoints = points[visible], keypoints[visible, :2]
    with np.errstate(divide='ignore', invalid='ignore'):
        pixels = camera['focal'] * points[:, :2] / points[:, 2:]
    off = np.linalg.norm(pixels + camera['principal_point'] - keypoints, axis=1)
    return np.where(points[:, 2] > 0, off, np.inf)

"""Hands in the annotation files that mmpose gives out for its own classes."""

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
    """A file of annotations of one of mmpose's classes, with 3D where it holds some.

    The keypoints are put in the order of ``metainfo`` by their names. Which order the file
    has, mmpose's class says: RHD's begins each finger at its tip, and the file's own
    ``categories`` have it wrong.

    3D is ``joint_cam`` of an annotation (K x 3, mm, along the camera's axes), with
    ``cam_param`` of its image (``focal`` and ``princpt``, px), as in mmpose's
    ``rhd_train.json`` and ``rhd_test.json``; its other files of hands hold none.
    ``hand_type`` is the side for :class:`MirrorRightHand`.

    Args:
        dataset (str): mmpose's class for the file, such as 'Rhd2DDataset' or
            'FreiHandDataset'.
        data_prefix (dict): Folders, relative to ``data_root``. Default: images are there.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PoseDataset`; mmpose has no such class, or one of other
            keypoints; 3D of the file does not project onto its keypoints.
    """

    def __init__(
        self, dataset: str = 'Rhd2DDataset', data_prefix: Optional[dict] = None, **kwargs
    ):
        self.file_names = _names_of(dataset)
        super().__init__(data_prefix=data_prefix or dict(img=''), **kwargs)

    def read_file(self) -> dict[str, Any]:
        """The annotation file with the keys and the order of :class:`PoseDataset`."""
        names = keypoint_names(self._metainfo)
        if sorted(names) != sorted(self.file_names):
            raise UserError(
                f'The keypoints of `{self.ann_file}` ({", ".join(self.file_names)}) are '
                f'not those that are wanted ({", ".join(names)}): name the `dataset` that '
                'it is of, or another `metainfo`.'
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
        """Of all annotations together: a single bad one makes no other file of it."""
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
                f'{off:.1f} px from the keypoints: name the `dataset` that the file is of, '
                'or mend its cameras.'
            )


def _names_of(dataset: str) -> list[str]:
    metainfo = getattr(DATASETS.get(dataset), 'METAINFO', None)
    if not metainfo:
        raise UserError(
            f'mmpose has no data set {dataset!r} with keypoints: let `dataset` be the name '
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
            f'`cam_param` of image {image["id"]} of `{path}` does not hold two numbers '
            'each of `focal` and `princpt`: mend or remove it.'
        ) from error
    return dict(focal=focal, principal_point=point)


def _projection_errors(annotation: dict, camera: dict[str, np.ndarray]) -> np.ndarray:
    """Distances of visible keypoints to the projected 3D ones, px, and inf behind."""
    points, keypoints = annotation['keypoints_3d'], np.array(annotation['keypoints'])
    visible = keypoints[:, 2] > 0
    points, keypoints = points[visible], keypoints[visible, :2]
    with np.errstate(divide='ignore', invalid='ignore'):
        pixels = camera['focal'] * points[:, :2] / points[:, 2:]
    off = np.linalg.norm(pixels + camera['principal_point'] - keypoints, axis=1)
    return np.where(points[:, 2] > 0, off, np.inf)

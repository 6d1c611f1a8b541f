"""InterHand2.6M (Moon et al., ECCV 2020): its single hands."""

from collections.abc import Iterator
from typing import Any, Optional

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.coco_file import with_images
from mmpose_uda.datasets.files import load_json
from mmpose_uda.metainfo import HAND21

from .base import Instance, PublishedDataset
from .projected_hand import projected_hand

# Keypoint of the data set's hand for each of HAND21: there a finger begins at its tip, from
# the thumb to the little finger, and the wrist comes last.
_ORDER = np.array([20] + [4 * finger + i for finger in range(5) for i in (3, 2, 1, 0)])
_HANDS = {'right': _ORDER, 'left': _ORDER + len(_ORDER)}


@DATASETS.register_module()
class InterHand26M(PublishedDataset):
    """Photographed hands, seen by the cameras of a dome; 21 keypoints, 3D and cameras.

    It reads frames of a single hand, left or right, whose side is valid, and leaves out
    those of two interacting hands. It also leaves out hands outside the image, and hands
    whose wrist is invalid, for which the published code sets all joints to invalid.

    3D is in mm; it is transformed from the world to the camera with the published
    ``camrot`` and ``campos``, the camera's position: R (x - c). The joints are put in the
    order of 'hand21'. A joint counts as visible if it is valid and lies in the image,
    occluded or not; an invalid one is placed at the wrist. The box is the square of 1.5
    times the visible keypoints within the image (the published one is 1.2 times all of
    them): do not add padding. There are no masks.

    A split is read from one file each of images, cameras and joints, which for 'train'
    takes minutes and gigabytes of memory.

    Args:
        data_root (str): The folder that ``TREE`` shows.
        split (str): 'train', 'val' or 'test'.
        clean (bool): Has no effect.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedDataset`.
    """

    METAINFO = HAND21
    TREE = """
annotations/train/InterHand2.6M_train_data.json  _camera.json  _joint_3d.json
annotations/val/InterHand2.6M_val_data.json  the same
annotations/test/InterHand2.6M_test_data.json  the same
images/train/Capture12/0390_dh_touchROM/cam410209/image62434.jpg ...
images/val/Capture0/  test/Capture0/ ...  the same
"""
    SPLITS = ('train', 'val', 'test')
    SOURCE = 'InterHand2.6M (version 1.0) of Facebook Reality Labs'

    def load_instances(self) -> Iterator[Instance]:
        content, cameras, joints = (
            load_json(self.require(self._file(part)))
            for part in ('data', 'camera', 'joint_3d')
        )
        try:
            pairs = list(with_images(content, self._file('data')))
            hands = [pair for pair in pairs if _is_single(pair[0])]
            for _, image in hands[:1] + hands[-1:]:
                self.require(self._image(image))
        except (AttributeError, KeyError, TypeError) as error:
            raise self.misfit(
                f'has a `{self._file("data")}` without the lists `images` and '
                f'`annotations` with `hand_type` ({error!r})'
            ) from error
        for annotation, image in hands:
            try:
                hand = self._hand(annotation, image, cameras, joints)
            except (IndexError, KeyError, TypeError, ValueError) as error:
                raise self.misfit(
                    f'lacks 42 joints or the camera of the image `{image["file_name"]}` in '
                    f'`{self._file("camera")}`, `{self._file("joint_3d")}` and '
                    f'`joint_valid` of `{self._file("data")}` ({error!r})'
                ) from error
            if hand is not None:
                yield hand

    def _file(self, part: str) -> str:
        return f'annotations/{self.split}/InterHand2.6M_{self.split}_{part}.json'

    def _image(self, image: dict) -> str:
        return f'images/{self.split}/{image["file_name"]}'

    def _hand(
        self, annotation: dict, image: dict, cameras: Any, joints: Any
    ) -> Optional[Instance]:
        side, capture = annotation['hand_type'], str(image['capture'])
        camera = {
            name: np.array(values[str(image['camera'])], np.float64)
            for name, values in cameras[capture].items()
        }
        frame = joints[capture][str(image['frame_idx'])]
        world = np.array(frame['world_coord'], np.float64).reshape(42, 3)
        valid = np.array(annotation['joint_valid'], bool).reshape(42)[_HANDS[side]]
        if not valid[0]:
            return None
        return projected_hand(
            self._image(image),
            (world[_HANDS[side]] - camera['campos'].reshape(3))
            @ camera['camrot'].reshape(3, 3).T,
            dict(
                focal=camera['focal'].reshape(2),
                principal_point=camera['princpt'].reshape(2),
            ),
            (int(image['width']), int(image['height'])),
            side,
            labelled=valid,
        )


def _is_single(annotation: dict) -> bool:
    return bool(annotation['hand_type_valid']) and annotation['hand_type'] in _HANDS

"""Folders of images without labels."""

import os
import os.path as osp
from typing import Optional

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.pose_dataset import PoseDataset, load_json, require_path
from mmpose_uda.errors import UserError

_IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')


@DATASETS.register_module()
class UnlabelledImageFolder(PoseDataset):
    """Images of a folder and its subfolders, sorted by name: a target without labels.

    Args:
        data_root (str): The folder.
        boxes (str, optional): JSON file, relative to ``data_root``, that gives one box
            or a list of boxes [x, y, w, h] (px) for each file name relative to
            ``data_root``; images that it does not name are left out. Without it a
            sample is a whole image (:class:`LoadPoseImage` sets its box).
        masks (str, optional): Folder, relative to ``data_root``, of the masks that
            ``tools/dataset_converters/extract_masks.py`` makes: ``<name>_<i>.png`` for box
            i of an image. Images in it are no samples.
        metainfo (dict, optional): Keypoint definition. By default it is that of the
            source in a :class:`SourceTargetDataset`, else :data:`HAND21`.
        **kwargs: As for mmpose's ``BaseCocoStyleDataset``.
    """

    def __init__(
        self,
        data_root: str,
        boxes: Optional[str] = None,
        masks: Optional[str] = None,
        metainfo: Optional[dict] = None,
        **kwargs,
    ):
        self.has_own_metainfo = metainfo is not None
        self.mask_folder = masks
        super().__init__(
            data_root=data_root,
            ann_file=boxes or '',
            metainfo=metainfo,
            data_prefix=dict(img=''),
            labels=False,
            masks=masks is not None,
            **kwargs,
        )

    def adopt_metainfo(self, metainfo: dict) -> None:
        """Take over a parsed keypoint definition, unless one was given."""
        if not self.has_own_metainfo:
            self._metainfo = metainfo

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        names = sorted(
            osp.relpath(osp.join(folder, name), self.data_root).replace(os.sep, '/')
            for folder, _, files in os.walk(self.data_root)
            for name in files
            if name.lower().endswith(_IMAGE_SUFFIXES) and not self._holds_masks(folder)
        )
        if not names:
            raise UserError(
                f'The folder `{self.data_root}` holds no images: put '
                f'{", ".join(_IMAGE_SUFFIXES)} files there, or correct `data_root`.'
            )
        boxes = self._load_boxes(set(names)) if self.ann_file else {}
        instances = []
        for img_id, name in enumerate(names):
            info = dict(img_id=img_id, img_path=osp.join(self.data_root, name))
            found = boxes.get(name, []) if self.ann_file else [None]
            for number, box in enumerate(found):
                instance = dict(info, id=len(instances), **_box_info(box))
                if self.mask_folder is not None:
                    file_name = mask_name(name, number)
                    instance['mask_path'] = osp.join(
                        self.data_root, self.mask_folder, file_name
                    )
                instances.append(instance)
        return instances, []

    def _holds_masks(self, folder: str) -> bool:
        if self.mask_folder is None:
            return False
        masks = osp.join(self.data_root, self.mask_folder)
        return osp.abspath(folder).startswith(osp.abspath(masks))

    def _load_boxes(self, names: set[str]) -> dict[str, np.ndarray]:
        """Return [N, 4] xywh boxes by file name."""
        require_path(self.ann_file, 'boxes file', osp.isfile)
        content = load_json(self.ann_file)
        boxes = {}
        for name, value in content.items():
            if name not in names:
                raise UserError(
                    f'`{self.ann_file}` names `{name}`, which is not in '
                    f'`{self.data_root}`: use names relative to that folder.'
                )
            try:
                boxes[name] = np.array(value, np.float32).reshape(-1, 4)
            except ValueError as error:
                raise UserError(
                    f'The boxes of `{name}` in `{self.ann_file}` are not '
                    '[x, y, w, h] or a list of those: mend them.'
                ) from error
        return boxes


def mask_name(image_name: str, number: int) -> str:
    """File name of the mask of box ``number`` (from 0) of an image."""
    return f'{osp.splitext(image_name)[0]}_{number}.png'


def _box_info(box: Optional[np.ndarray]) -> dict:
    """Box [x, y, w, h] as mmpose's keys; none for a whole image."""
    if box is None:
        return {}
    x, y, w, h = box
    return dict(
        bbox=np.array([[x, y, x + w, y + h]], np.float32),
        bbox_score=np.ones(1, np.float32),
    )

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
        metainfo (dict, optional): Keypoint definition. By default it is that of the
            source in a :class:`SourceTargetDataset`, else :data:`HAND21`.
        **kwargs: As for mmpose's ``BaseCocoStyleDataset``.
    """

    def __init__(
        self,
        data_root: str,
        boxes: Optional[str] = None,
        metainfo: Optional[dict] = None,
        **kwargs,
    ):
        self.has_own_metainfo = metainfo is not None
        super().__init__(
            data_root=data_root,
            ann_file=boxes or '',
            metainfo=metainfo,
            data_prefix=dict(img=''),
            labels=False,
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
            if name.lower().endswith(_IMAGE_SUFFIXES)
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
            if not self.ann_file:
                instances.append(dict(info, id=len(instances)))
            for x, y, w, h in boxes.get(name, []):
                bbox = np.array([[x, y, x + w, y + h]], np.float32)
                score = np.ones(1, np.float32)
                instances.append(
                    dict(info, id=len(instances), bbox=bbox, bbox_score=score)
                )
        return instances, []

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

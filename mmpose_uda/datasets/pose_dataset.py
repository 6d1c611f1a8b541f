"""Data sets in COCO-style JSON, with optional 3D, cameras and masks."""

import os.path as osp
from collections.abc import Iterator
from typing import Any, Optional, Union

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import MessageHub
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from mmpose_uda.datasets.category_metainfo import (
    FROM_CATEGORIES,
    metainfo_of_categories,
)
from mmpose_uda.datasets.coco_3d import camera_of, labelled_pose
from mmpose_uda.datasets.coco_annotation import plain_annotation
from mmpose_uda.datasets.coco_categories import categorised
from mmpose_uda.datasets.coco_columns import read_columns, told_faults
from mmpose_uda.datasets.coco_file import (
    annotated_size,
    are_numbers,
    category_of,
    image_size,
    load_coco,
    with_images,
)
from mmpose_uda.datasets.faults import Fault, raise_faults
from mmpose_uda.datasets.files import load_json, require_json_name, require_path
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.datasets.sample_errors import naming_sample, require_samples
from mmpose_uda.datasets.stock_views import with_own_loading
from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import HAND21, named_metainfo

_METAINFO_KEYS = (
    'dataset_name',
    'upper_body_ids',
    'lower_body_ids',
    'flip_pairs',
    'dataset_keypoint_weights',
    'flip_indices',
    'skeleton_links',
)


@DATASETS.register_module()
class PoseDataset(BaseCocoStyleDataset):
    """One instance per sample, from a COCO-style JSON with optional 3D, camera and mask.

    It adds optional keys to COCO's: ``camera`` of an image (``focal`` and
    ``principal_point``, px), ``keypoints_3d`` of an annotation (K x 3, mm, along the
    camera's axes: x right, y down, z forward), ``mask_file`` (relative to
    ``data_prefix['mask']``) and ``hand_side`` ('left' or 'right', for
    :class:`MirrorRightHand`).

    Args:
        labels (bool): If False, keypoints, 3D and masks are dropped when the file is
            read, so that nothing later can see them.
        masks (bool): If True, masks are kept even if ``labels`` is False. For masks that
            were made without labels (``tools/dataset_converters/extract_masks.py``).
        require_3d (bool): Whether every annotation must have ``keypoints_3d``.
        data_prefix (dict): Folders of images and masks, relative to ``data_root``.
        metainfo (dict | str, optional): Keypoint definition in mmpose's format, the name
            of one in this package ('hand21', the default, 'human16', 'human17', 'animal18',
            'animal14'), or 'categories' for that of the file.
        **kwargs: As for mmpose's ``BaseCocoStyleDataset``.

    Raises:
        UserError: A file is missing or does not fit ``metainfo``.
    """

    METAINFO = HAND21

    def __init__(
        self,
        labels: bool = True,
        masks: bool = False,
        require_3d: bool = False,
        data_prefix: Optional[dict] = None,
        metainfo: Optional[Union[dict, str]] = None,
        **kwargs,
    ):
        if require_3d and not labels:
            raise UserError(
                '`require_3d=True` contradicts `labels=False`: drop one of them.'
            )
        self.labels = labels
        self.masks = masks
        self.require_3d = require_3d
        if data_prefix is None:
            data_prefix = dict(img='images/', mask='masks/')
        if isinstance(metainfo, str):
            metainfo = self.definition_of(dict(kwargs, metainfo=metainfo))
        kwargs['pipeline'] = with_own_loading(kwargs.get('pipeline') or ())
        super().__init__(data_prefix=data_prefix, metainfo=metainfo, **kwargs)
        # without this entry CocoMetric does not read the file, but takes the samples' own
        # annotations, in which what tools leave out is filled in
        entry = f'{self.metainfo["dataset_name"]}_ann_file'
        MessageHub.get_current_instance().runtime_info.pop(entry, None)

    @classmethod
    def definition_of(cls, config: dict) -> dict:
        """Return the keypoint definition of a config.

        Args:
            config (dict): The arguments of the class.

        Returns:
            dict: In mmpose's format.

        Raises:
            UserError: There is none of this name, or the file lists no keypoints.
        """
        metainfo = config.get('metainfo')
        if metainfo is None:
            return cls.default_metainfo(config)
        if metainfo == FROM_CATEGORIES:
            ann_file = osp.join(config.get('data_root') or '', config.get('ann_file', ''))
            return metainfo_of_categories(ann_file)
        return named_metainfo(metainfo) if isinstance(metainfo, str) else metainfo

    @classmethod
    def default_metainfo(cls, config: dict) -> dict:
        """Return the keypoint definition of a config without ``metainfo``.

        Args:
            config (dict): The arguments of the class.

        Returns:
            dict: In mmpose's format.
        """
        return cls.METAINFO

    @classmethod
    def require_root(cls, data_root: str) -> None:
        """Check that the data folder exists; '' means that there is none.

        Raises:
            UserError: It does not exist.
        """
        if data_root:
            require_path(data_root, 'data folder')

    def load_data_list(self) -> list[dict]:
        """Read the annotation file.

        Returns:
            list[dict]: One dict per instance.
        """
        self.require_root(self.data_root)
        require_path(self.data_prefix['img'] or '.', 'image folder', osp.isdir)
        data_list = super().load_data_list()
        require_samples(data_list, self.ann_file or self.data_root, self.bbox_file)
        return data_list

    def _load_detection_results(self) -> list[dict]:
        require_json_name(self.bbox_file)
        load_json(self.bbox_file)  # for its message if something is wrong with the file
        return super()._load_detection_results()

    def get_data_info(self, idx: int) -> dict:
        """Return a sample's own data and the metainfo that transforms need.

        mmpose's version deep-copies the metainfo, which takes longer than decoding a small
        image; no transform changes it in place.
        """
        info = BaseDataset.get_data_info(self, idx)
        return {**info, **{key: self._metainfo[key] for key in _METAINFO_KEYS}}

    def read_file(self) -> dict[str, Any]:
        """Read the annotation file, with the keys of this class.

        Raises:
            UserError: It is missing or not an annotation file.
        """
        return load_coco(self.ann_file)

    def prepare_data(self, idx: int) -> Any:
        """Return a sample after the pipeline.

        Raises:
            UserError: A transform cannot process it.
        """
        with naming_sample(lambda: self.get_data_info(idx)['img_path']):
            return super().prepare_data(idx)

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        content = self.read_file()
        names = keypoint_names(self._metainfo)
        wanted = category_of(content, names, self.ann_file)
        for image in content['images']:
            image['img_path'] = osp.join(self.data_prefix['img'], image['file_name'])
        instances, faults = [], []
        for raw in self._raw_instances(content, wanted):
            try:
                instances.append(self._parse_or_explain(raw))
            except Fault as fault:
                faults.append(fault)
        raise_faults(faults, self.ann_file)
        instances = [instance for instance in instances if instance]
        # in the form that CocoMetric needs
        self._metainfo['CLASSES'] = [
            dict(id=one, name=f'category {one}', keypoints=names)
            for one in sorted({instance['category_id'] for instance in instances})
        ]
        images = {image['id']: image for image in content['images']}
        return instances, list(images.values())

    def _raw_instances(
        self, content: dict[str, Any], wanted: Optional[set]
    ) -> Iterator[dict]:
        """Yield the input of :meth:`parse_data_info` for each wanted annotation.

        If ``labels`` is False it contains no labels, so faulty ones cannot stop a training
        that does not use them.
        """
        content = {**content, 'annotations': categorised(content, wanted, self.ann_file)}
        annotations = content['annotations']
        numbers = {image['id']: n for n, image in enumerate(content['images'])}
        keeps_images = are_numbers(list(numbers))
        keeps_ids = are_numbers([annotation.get('id') for annotation in annotations])
        raws = []
        for n, (annotation, image) in enumerate(with_images(content, self.ann_file)):
            image_n = numbers[image['id']]
            is_wanted = wanted is None or annotation.get('category_id') in wanted
            if not is_wanted or image_n % self.sample_interval:
                continue
            raws.append(
                dict(
                    raw_ann_info=annotation if self.labels else _without_labels(annotation),
                    raw_img_info=image,
                    number=None if keeps_ids else n,
                    image_number=None if keeps_images else image_n,
                )
            )
        for raw, points in zip(raws, self._points([raw['raw_ann_info'] for raw in raws])):
            yield dict(raw, points=points)

    def _points(self, annotations: list[dict]) -> list[Optional[np.ndarray]]:
        """Check annotations, and return the keypoints [K, 3] of those that have them."""
        count = self._metainfo['num_keypoints'] if self.labels else 0
        columns = read_columns(annotations, count, self.ann_file)
        raise_faults(
            told_faults(annotations, columns, count, self.ann_file),
            self.ann_file,
            int(columns.faults.sum()),
        )
        are_known = columns.are_read & bool(count)
        return [p if known else None for p, known in zip(columns.points, are_known)]

    def _parse_or_explain(self, raw: dict) -> Optional[dict]:
        try:
            return self.parse_data_info(raw)
        except KeyError as error:
            raise Fault(
                f'Annotation {raw["raw_ann_info"].get("id")} of `{self.ann_file}`, or '
                f'its image, lacks the key {error}',
                'add it',
            ) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise Fault(
                f'Annotation {raw["raw_ann_info"].get("id")} of `{self.ann_file}`, or '
                f'its image, has an invalid value ({error})',
                'correct it',
            ) from error

    def parse_data_info(self, raw_data_info: dict) -> Optional[dict]:
        """Turn one annotation into a sample.

        Args:
            raw_data_info (dict): ``raw_ann_info`` and ``raw_img_info``, as in the file;
                ``number`` and ``image_number`` to replace ids that are not unique
                integers; and the labels as ``points``, if already read.

        Returns:
            dict | None: ``bbox`` [1, 4] xyxy px, ``bbox_score`` [1], ids, ``img_path``; if
            the file gives them ``annotated_size`` (width, height, px), ``camera``
            (``focal`` [2], ``principal_point`` [2], px) and ``hand_side``; with labels
            ``keypoints`` [1, K, 2] px, ``keypoints_visible`` [1, K], ``num_keypoints``,
            ``raw_ann_info`` (:func:`plain_annotation`), and if the file gives it
            ``keypoints_3d`` [1, K, 3] mm; and if it is given and wanted ``mask_path``. None
            for an annotation without keypoints, if labels are used.
        """
        ann, image = raw_data_info['raw_ann_info'], raw_data_info['raw_img_info']
        count = self._metainfo['num_keypoints']
        plain = plain_annotation(
            ann,
            self.ann_file,
            count,
            raw_data_info.get('number'),
            raw_data_info.get('image_number'),
            raw_data_info.get('points'),
        )
        annotated = annotated_size(image)
        size = annotated or image_size(image, image['img_path'])
        info = dict(
            id=plain['id'],
            img_id=plain['image_id'],
            img_path=image['img_path'],
            category_id=plain['category_id'],
            iscrowd=plain['iscrowd'],
            bbox=_box_inside(plain['bbox'], size),
            bbox_score=np.ones(1, np.float32),
        )
        if annotated:
            info['annotated_size'] = annotated
        if 'camera' in image:
            info['camera'] = camera_of(image, self.ann_file)
        if 'hand_side' in ann:
            info['hand_side'] = ann['hand_side']
        if self.labels:
            if 'keypoints' not in plain:
                return None
            info.update(self._parse_labels(ann, plain))
        wants_mask = self.labels or self.masks
        if wants_mask and ann.get('mask_file') and 'mask' in self.data_prefix:
            info['mask_path'] = osp.join(self.data_prefix['mask'], ann['mask_file'])
        return info

    def _parse_labels(self, ann: dict, plain: dict) -> dict:
        count = self._metainfo['num_keypoints']
        points = np.array(plain['keypoints'], np.float32).reshape(1, count, 3)
        labels = dict(
            keypoints=points[..., :2],
            keypoints_visible=np.minimum(1, points[..., 2]),
            num_keypoints=plain['num_keypoints'],
            raw_ann_info=plain,
        )
        if ann.get('keypoints_3d') is not None:
            pose = labelled_pose(ann, self.ann_file, points[0, :, 2])
            labels['keypoints_3d'] = pose[None]
        elif self.require_3d:
            raise Fault(
                f'Annotation {ann["id"]} of `{self.ann_file}` has no `keypoints_3d`',
                f'add {count} points in mm, x right, y down, z forward, or use a 2D head '
                'and `require_3d=False`',
            )
        return labels


def _without_labels(annotation: dict) -> dict:
    labels = ('keypoints', 'area')
    return {key: value for key, value in annotation.items() if key not in labels}


def _box_inside(box: list[float], size: tuple[int, int]) -> np.ndarray:
    """The part of a box xywh inside an image (width, height), as [1, 4] xyxy, px."""
    x, y, w, h = box
    corners = np.array([[x, y, x + w, y + h]], np.float32)
    return np.clip(corners, 0, np.subtract(size * 2, 1)).astype(np.float32)

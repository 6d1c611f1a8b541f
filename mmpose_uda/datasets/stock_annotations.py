"""Checks of annotation files before mmpose's own classes read them.

mmpose does not validate an annotation file: an invalid value ends in a traceback, a
repeated id gives a person somebody else's keypoints, a visibility of -1 makes the loss
negative. It also clips boxes to the width and height in the file, even if they are wrong.
"""

import functools
import json
import logging
import os.path as osp
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple, Optional

import numpy as np
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset, base_coco_style_dataset
from mmpose.datasets.transforms import LoadImage

from mmpose_uda.datasets.coco_columns import read_columns, told_faults
from mmpose_uda.datasets.coco_file import (
    WIDEST,
    annotated_size,
    load_coco,
    repeated_images,
)
from mmpose_uda.datasets.faults import Fault, listed, quoted, raise_faults
from mmpose_uda.datasets.image_size import check_size
from mmpose_uda.datasets.sample_errors import naming_image, require_samples, usable_labels
from mmpose_uda.errors import UserError

_NEEDED = ('id', 'image_id', 'category_id')  # for the index that mmpose builds


class StockFile(NamedTuple):
    """An annotation file in which nothing is wrong.

    Args:
        content (dict[str, Any]): Its content.
        has_plain_labels (bool): Whether all labels can be used as they are.
    """

    content: dict[str, Any]
    has_plain_labels: bool


def look_through_stock_files() -> None:
    """Make mmpose's COCO-style classes and its ``LoadImage`` report faulty data.

    A second call changes nothing.
    """
    if not hasattr(LoadImage.transform, '__wrapped__'):
        BaseCocoStyleDataset.load_data_list = _looking_first(
            BaseCocoStyleDataset.load_data_list
        )
        BaseCocoStyleDataset._get_topdown_data_infos = _telling_what_goes(
            BaseCocoStyleDataset._get_topdown_data_infos
        )
        LoadImage.transform = _naming_and_comparing(LoadImage.transform)


def ignore_labels(dataset: Any) -> None:
    """Exempt the labels of a data set that is not read yet from all checks."""
    dataset.labels_are_used = False


def require_labels(dataset: Any) -> None:
    """Refuse a source without labels; a class that does not report this passes.

    Args:
        dataset (BaseDataset): A data set that has been read.

    Raises:
        UserError: None of its keypoints is labelled.
    """
    if not getattr(dataset, 'has_labels', True):
        raise UserError(
            f'No keypoint of `{dataset.ann_file}` is labelled, so nothing can be learned '
            'from this source: set the visibility of labelled keypoints to 1 or 2.'
        )


def read_stock_file(
    path: str, num_keypoints: Optional[int] = None, labels: bool = True
) -> StockFile:
    """Read an annotation file and check it.

    Args:
        path (str): The file.
        num_keypoints (int, optional): K; None if a class assembles keypoints from several
            fields.
        labels (bool): Whether areas and keypoints are checked.

    Raises:
        UserError: It is not an annotation file, or has faults, which the message lists by
            annotation and field.
    """
    content = load_coco(path)
    with open(path, 'rb') as file:
        encoding = json.detect_encoding(file.read(4))
    if encoding != 'utf-8':
        raise UserError(
            f'`{path}` is {encoding} text, which mmpose does not read: save it as UTF-8 '
            'without a byte order mark.'
        )
    people = content['annotations']
    # mmpose skips the others
    used = [one for one in people if 'bbox' in one and 'keypoints' in one]
    faults = [
        *repeated_images(content, path),
        *_ids(people, path),
        *_images(content, path),
        *_boxes_of_text(used, path),
    ]
    if num_keypoints is None or not labels:
        used, num_keypoints = [dict(bbox=one['bbox'], id=one.get('id')) for one in used], 0
    columns = read_columns(used, num_keypoints, path)
    raise_faults(
        chain(faults, told_faults(used, columns, num_keypoints, path)),
        path,
        len(faults) + int(columns.faults.sum()),
    )
    return StockFile(content, columns.are_plain)


def _ids(annotations: list[dict], path: str) -> Iterator[Fault]:
    for number, annotation in enumerate(annotations):
        for key in _NEEDED:
            if annotation.get(key) is None:
                yield Fault(
                    f'Annotation {annotation.get("id", f"number {number}")} of `{path}` '
                    f'has no `{key}`',
                    'add it',
                )
    counts = Counter(annotation.get('id') for annotation in annotations)
    for one, count in counts.items():
        if count > 1 and one is not None:
            yield Fault(
                f'{count} annotations of `{path}` have the `id` {one}',
                'renumber the annotations',
            )


def _boxes_of_text(annotations: list[dict], path: str) -> Iterator[Fault]:
    for annotation in annotations:
        box = annotation['bbox']
        if isinstance(box, list) and any(isinstance(value, str) for value in box):
            yield Fault(
                f'`bbox` of annotation {annotation.get("id")} of `{path}` is {quoted(box)}',
                'write the numbers without quotes',
            )


def _images(content: dict[str, Any], path: str) -> Iterator[Fault]:
    for image in content['images']:
        if isinstance(image['id'], str):
            yield Fault(
                f'The `id` of image {image["id"]!r} of `{path}` is text, which mmpose '
                'does not accept',
                'number the images',
            )
        for key in ('width', 'height'):
            value = image.get(key)
            if not isinstance(value, (int, float)) or not 1 <= value <= WIDEST:
                yield Fault(
                    f'`{key}` of image {image["id"]} of `{path}` is {quoted(value)}',
                    'set it to the number of px',
                )


def _looking_first(load: Callable) -> Callable:
    @functools.wraps(load)
    def load_data_list(dataset: BaseCocoStyleDataset) -> list[dict]:
        if not _is_read_as_coco(dataset):
            return load(dataset)
        labels_are_used = getattr(dataset, 'labels_are_used', True)
        file = read_stock_file(dataset.ann_file, _num_keypoints(dataset), labels_are_used)
        with _read_already(file.content):
            infos = load(dataset)
        if dataset.data_mode != 'topdown':
            return infos
        sizes = {image['id']: annotated_size(image) for image in file.content['images']}
        for info in infos:
            info['annotated_size'] = sizes[info['img_id']]
        if not file.has_plain_labels:
            infos = list(map(usable_labels, infos))
        if not dataset.bbox_file:  # detections have no labels
            infos = [info for info in infos if _is_of_use(info, dataset.test_mode)]
        require_samples(infos, dataset.ann_file, dataset.bbox_file)
        dataset.has_labels = any(np.any(one.get('keypoints_visible', 1)) for one in infos)
        if labels_are_used and not dataset.has_labels:
            print_log(
                f'No keypoint of `{dataset.ann_file}` is labelled: there is nothing to '
                'learn from its annotations.',
                'current',
                logging.WARNING,
            )
        return infos

    return load_data_list


@contextmanager
def _read_already(content: dict[str, Any]) -> Iterator[None]:
    """Let mmpose index content that is already read, instead of parsing the file again."""
    kind = base_coco_style_dataset.COCO

    def index(path: str) -> Any:
        for annotation in content['annotations']:
            annotation.setdefault('iscrowd', 0)  # as xtcocotools does when it parses
        coco = kind()
        coco.dataset = content
        coco.createIndex()
        return coco

    base_coco_style_dataset.COCO = index
    try:
        yield
    finally:
        base_coco_style_dataset.COCO = kind


def _is_of_use(info: dict[str, Any], is_tested: bool) -> bool:
    """Whether a sample has a label or, in training, positions of invisible keypoints.

    A config may train on the latter beside others (docs/parts.md); mmpose also keeps them,
    but not those that are all 0. A metric cannot use them.
    """
    labelled = np.any(info.get('keypoints_visible', True))
    return bool(labelled or (not is_tested and np.any(info['keypoints'] > 0)))


def _telling_what_goes(choose: Callable) -> Callable:
    """Report boxes of no size, which mmpose drops silently, also from our classes."""

    @functools.wraps(choose)
    def choose_and_tell(dataset: BaseCocoStyleDataset, instances: list[dict]) -> list[dict]:
        people = [i for i in instances if 'bbox' in i and not i.get('iscrowd')]
        corners = np.array([one['bbox'][0] for one in people]).reshape(-1, 4)
        is_empty = (corners[:, 2:] <= corners[:, :2]).any(1)
        if is_empty.any():
            ids = [people[n].get('id') for n in np.flatnonzero(is_empty)]
            print_log(
                f'{len(ids)} of {len(people)} annotations of `{dataset.ann_file}` are left '
                'out, because their box has no size within the image: correct `bbox` of '
                f'{listed(ids)}.',
                'current',
                logging.WARNING,
            )
        return choose(dataset, instances)

    return choose_and_tell


def _is_read_as_coco(dataset: BaseCocoStyleDataset) -> bool:
    """Whether the class reads a local file in COCO's format."""
    kind = type(dataset)
    is_plain = kind._load_annotations is BaseCocoStyleDataset._load_annotations
    return is_plain and osp.isfile(dataset.ann_file)


def _num_keypoints(dataset: BaseCocoStyleDataset) -> Optional[int]:
    is_plain = type(dataset).parse_data_info is BaseCocoStyleDataset.parse_data_info
    return dataset.metainfo['num_keypoints'] if is_plain else None


def _naming_and_comparing(transform: Callable) -> Callable:
    @functools.wraps(transform)
    def transform_and_compare(step: LoadImage, results: dict) -> Optional[dict]:
        with naming_image(results.get('img_path', '')):
            results = transform(step, results)
        return results and check_size(results)

    return transform_and_compare

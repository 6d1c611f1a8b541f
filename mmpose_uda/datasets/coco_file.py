"""COCO-style annotation files."""

import os.path as osp
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import numpy as np

from mmpose_uda.datasets.faults import Fault, quoted, raise_faults
from mmpose_uda.datasets.files import load_json, require_path
from mmpose_uda.datasets.image_size import size_when_loaded
from mmpose_uda.datasets.keypoint_names import require_same_keypoints
from mmpose_uda.errors import UserError

_IDS = ('id', 'image_id', 'category_id')
WIDEST = 1e7  # px; no image is wider or higher


def load_coco(path: str) -> dict[str, Any]:
    """Read an annotation file.

    Returns:
        dict: Its content, which includes ``images`` and ``annotations``.

    Raises:
        UserError: It is missing, is not JSON, lacks these two lists, or has an invalid id,
            file name or category.
    """
    require_path(path, 'annotation file', osp.isfile)
    content = load_json(path)
    if not _is_usable(content):
        raise UserError(
            f'`{path}` is not a COCO-style file: it needs the lists `images`, each with '
            'an `id` and a `file_name`, and `annotations`, and if there are any '
            '`categories`, each with a list of names as `keypoints`.'
        )
    if content.get('categories', ()) is None:
        content['categories'] = []
    raise_faults(
        [
            *_images_without_name(content['images'], path),
            *_faulty_categories(content.get('categories', ()), path),
            *_faulty_ids(content['annotations'], path),
        ],
        path,
    )
    return content


def _images_without_name(images: list[dict], path: str) -> Iterator[Fault]:
    for number, image in enumerate(images):
        if not is_id(image.get('id')):
            yield Fault(
                f'Image number {number} of `{path}` has {quoted(image.get("id"))} as its '
                '`id`',
                'use a number or text',
            )
        name = image.get('file_name')
        if not isinstance(name, str) or not name or '\0' in name:
            yield Fault(
                f'Image {quoted(image.get("id"))} of `{path}` has {quoted(name)} as its '
                '`file_name`',
                'give the name of its file within the image folder',
            )


def _faulty_categories(categories: Sequence[dict], path: str) -> Iterator[Fault]:
    for number, category in enumerate(categories):
        if not is_id(category.get('id', 0)):
            yield Fault(
                f'Category number {number} of `{path}` has {quoted(category["id"])} as its '
                '`id`',
                'use a number or text',
            )
        if not _are_names(category.get('keypoints') or []):
            yield Fault(
                f'Category {quoted(category.get("id"))} of `{path}` has '
                f'{quoted(category["keypoints"])} as its `keypoints`',
                'give the list of their names',
            )


def _faulty_ids(annotations: list[dict], path: str) -> Iterator[Fault]:
    for annotation in annotations:
        for key in _IDS:
            if annotation.get(key) is not None and not is_id(annotation[key]):
                yield Fault(
                    f'Annotation {quoted(annotation.get("id"))} of `{path}` has '
                    f'{quoted(annotation[key])} as its `{key}`',
                    'use a number or text',
                )


def _is_usable(content: Any) -> bool:
    """Whether the content of a file has COCO's lists of dicts."""
    if not isinstance(content, dict):
        return False
    images, annotations = content.get('images'), content.get('annotations')
    categories = content.get('categories') or []
    lists = (images, annotations, categories)
    if not all(isinstance(items, list) for items in lists):
        return False
    return all(isinstance(item, dict) for items in lists for item in items)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def is_id(value: Any) -> bool:
    """Whether a value can be an id: a number or text."""
    is_one = isinstance(value, (int, str, float)) and not isinstance(value, bool)
    return is_one and value == value


def category_of(
    content: dict[str, Any],
    names: Sequence[str],
    path: str,
    owner: str = 'the metainfo',
    remedy: str = 'pass the `metainfo` that fits the file',
) -> Optional[set[Any]]:
    """Return the categories that have the wanted keypoints.

    Args:
        content (dict): From :func:`load_coco`.
        names (Sequence[str]): Names of the wanted keypoints, in order.
        path (str): The file.
        owner (str): What defines these keypoints, for the message.
        remedy (str): What to do if no category has them, for the message.

    Returns:
        set: Their ids; None if no category lists its keypoints.

    Raises:
        UserError: Categories list keypoints, but other ones.
    """
    described = [c for c in content.get('categories') or () if c.get('keypoints')]
    if not described:
        return None
    fitting = {c.get('id') for c in described if list(c['keypoints']) == list(names)}
    if not fitting:
        require_same_keypoints(
            {f'`{path}`': described[0]['keypoints'], owner: names}, remedy
        )
    return fitting


def are_numbers(ids: Sequence[Any]) -> bool:
    """Whether ids are unique integers, as mmpose's metrics need them."""
    return len(set(ids)) == len(ids) and all(type(one) is int for one in ids)


def annotated_size(image: dict[str, Any]) -> Optional[tuple[int, int]]:
    """Width and height of an image, px, from the file; None if it gives none."""
    try:
        width, height = int(image['width']), int(image['height'])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    is_size = 0 < width <= WIDEST and 0 < height <= WIDEST
    return (width, height) if is_size else None


def image_size(image: dict[str, Any], image_path: str) -> tuple[int, int]:
    """Width and height of an image, px, from the file or else from the image itself.

    Raises:
        UserError: Neither gives them.
    """
    annotated = annotated_size(image)
    if annotated is not None:
        return annotated
    try:
        return size_when_loaded(image_path)
    except OSError as error:
        raise UserError(
            f'The image `{image_path}` is missing or does not decode, and its annotations '
            'do not give its width and height: replace the image, or add them.'
        ) from error


def box_of(annotation: dict[str, Any], path: str) -> np.ndarray:
    """Return the box [4] of an annotation: x, y, w, h, px; w and h may be 0 or less.

    Raises:
        UserError: It has none, or one that is not four finite numbers.
    """
    try:
        box = np.array(annotation['bbox'], np.float64)
    except (KeyError, TypeError, ValueError, OverflowError):
        box = np.array(np.nan)
    if box.shape != (4,) or not np.isfinite(box).all():
        raise Fault(
            f'`bbox` of annotation {annotation.get("id")} of `{path}` is not [x, y, w, h]',
            'correct it, or remove the annotation',
        )
    return box


def with_images(content: dict[str, Any], path: str) -> Iterator[tuple[dict, dict]]:
    """Yield every annotation with its image, in the order of the annotations.

    Args:
        content (dict): From :func:`load_coco`.
        path (str): The file.

    Raises:
        UserError: An annotation's image is missing, or two images share an id.
    """
    raise_faults([*repeated_images(content, path), *_without_image(content, path)], path)
    images = {image['id']: image for image in reversed(content['images'])}
    for annotation in content['annotations']:
        yield annotation, images[annotation['image_id']]


def repeated_images(content: dict[str, Any], path: str) -> Iterator[Fault]:
    """Yield a fault for every id shared by images with different files.

    Args:
        content (dict): From :func:`load_coco`.
        path (str): The file.
    """
    images: dict[Any, dict] = {}
    for image in content['images']:
        other = images.setdefault(image['id'], image)
        if other['file_name'] != image['file_name']:
            yield Fault(
                f'`{path}` gives the id {image["id"]} to `{other["file_name"]}` and to '
                f'`{image["file_name"]}`, so their annotations cannot be distinguished',
                'give every image its own id',
            )


def _without_image(content: dict[str, Any], path: str) -> Iterator[Fault]:
    there = {image['id'] for image in content['images']}
    for annotation in content['annotations']:
        if annotation.get('image_id') not in there:
            yield Fault(
                f'Annotation {annotation.get("id")} of `{path}` is of image '
                f'{annotation.get("image_id")}, which `images` lacks',
                'add the image, or remove the annotation',
            )

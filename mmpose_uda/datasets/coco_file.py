"""Annotation files in the style of COCO."""

import os.path as osp
from collections.abc import Iterator
from typing import Any

import numpy as np

from mmpose_uda.datasets.files import load_json, require_path
from mmpose_uda.errors import UserError


def load_coco(path: str) -> dict[str, Any]:
    """Read an annotation file.

    Returns:
        dict: What it holds, ``images`` and ``annotations`` among it.

    Raises:
        UserError: It is missing, no JSON, or has not these two lists.
    """
    require_path(path, 'annotation file', osp.isfile)
    content = load_json(path)
    try:
        names = [image['file_name'] for image in content['images'] if 'id' in image]
        is_usable = (
            len(names) == len(content['images'])
            and all(isinstance(name, str) for name in names)
            and all(isinstance(item, dict) for item in content['annotations'])
        )
    except (KeyError, TypeError):
        is_usable = False
    if not is_usable:
        raise UserError(
            f'`{path}` is not a COCO-style file: it needs the lists `images`, each with '
            'an `id` and a `file_name`, and `annotations`.'
        )
    return content


def box_of(annotation: dict[str, Any], path: str) -> np.ndarray:
    """The box [4] of an annotation, x, y, w, h, px; its size may be 0 or less.

    Raises:
        UserError: It has none, or one that is not four numbers.
    """
    try:
        box = np.array(annotation['bbox'], np.float32).reshape(4)
    except (KeyError, TypeError, ValueError):
        box = np.full(4, np.nan)
    if not np.isfinite(box).all():
        raise UserError(
            f'`bbox` of annotation {annotation.get("id")} of `{path}` is not [x, y, w, h]: '
            'mend it, or remove the annotation.'
        )
    return box


def with_images(content: dict[str, Any], path: str) -> Iterator[tuple[dict, dict]]:
    """Every annotation and its image, in the order of the annotations.

    Args:
        content (dict): Of :func:`load_coco`.
        path (str): Where it is from.

    Raises:
        UserError: An annotation's image is missing.
    """
    images = {image['id']: image for image in content['images']}
    for annotation in content['annotations']:
        image = images.get(annotation.get('image_id'))
        if image is None:
            raise UserError(
                f'Annotation {annotation.get("id")} of `{path}` is of image '
                f'{annotation.get("image_id")}, which `images` lacks: add or remove it.'
            )
        yield annotation, image

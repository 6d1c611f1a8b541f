"""Annotations whose category is missing, in themselves or in their file."""

import logging
from typing import Any, Optional

from mmengine.logging import print_log

from mmpose_uda.datasets.faults import listed, quoted
from mmpose_uda.errors import UserError


def categorised(
    content: dict[str, Any], wanted: Optional[set[Any]], path: str
) -> list[dict]:
    """Return the annotations of a file, with missing categories filled in if possible.

    If the file has one category, annotations without one belong to it. A warning counts
    the others whose category the file does not list, which would be left out silently.

    Args:
        content (dict): From :func:`~mmpose_uda.datasets.coco_file.load_coco`.
        wanted (set, optional): Ids of the wanted categories; None for all annotations.
        path (str): The file.

    Returns:
        list[dict]: All annotations, in their order.

    Raises:
        UserError: No annotation has a category that the file lists.
    """
    annotations = content['annotations']
    if wanted is None:
        return annotations
    known = {category.get('id') for category in content['categories']}
    if len(content['categories']) == 1:
        only = dict(category_id=content['categories'][0].get('id'))
        annotations = [
            {**one, **only} if one.get('category_id') is None else one
            for one in annotations
        ]
    lost = [one for one in annotations if one.get('category_id') not in known]
    if not lost:
        return annotations
    values = ', '.join(dict.fromkeys(quoted(one.get('category_id')) for one in lost[:20]))
    sentence = (
        f'{len(lost)} of {len(annotations)} annotations of `{path}` are left out, because '
        f'`categories` lacks their `category_id` ({values}): correct that of '
        f'{listed([one.get("id") for one in lost])}, or add the category.'
    )
    if len(lost) == len(annotations):
        raise UserError(sentence)
    print_log(sentence, 'current', logging.WARNING)
    return annotations

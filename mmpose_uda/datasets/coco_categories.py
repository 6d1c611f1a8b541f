"""Whose category is told, and whose is not."""

import logging
from typing import Any, Optional

from mmengine.logging import print_log

from mmpose_uda.datasets.faults import listed, told
from mmpose_uda.errors import UserError


def categorised(
    content: dict[str, Any], wanted: Optional[set[Any]], path: str
) -> list[dict]:
    """The annotations of a file with their category, where those of some are wanted.

    In a file of one category those that name none are of that. Others whose category the
    file has not are told: nobody would miss them.

    Args:
        content (dict): Of :func:`~mmpose_uda.datasets.coco_file.load_coco`.
        wanted (set, optional): Ids of categories; None for whatever there is.
        path (str): Where it is from.

    Returns:
        list[dict]: All annotations, in their order.

    Raises:
        UserError: None of them has a category of the file.
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
    values = ', '.join(dict.fromkeys(told(one.get('category_id')) for one in lost[:20]))
    sentence = (
        f'{len(lost)} of {len(annotations)} annotations of `{path}` are left out, because '
        f'`categories` has not their `category_id` ({values}): correct that of '
        f'{listed([one.get("id") for one in lost])}, or add the category.'
    )
    if len(lost) == len(annotations):
        raise UserError(sentence)
    print_log(sentence, 'current', logging.WARNING)
    return annotations

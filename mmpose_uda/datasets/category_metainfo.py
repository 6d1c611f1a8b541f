"""The keypoint definition that an annotation file itself contains."""

import re
from itertools import cycle, islice
from typing import Any, Optional

from mmpose_uda.datasets.coco_file import load_coco
from mmpose_uda.errors import UserError

FROM_CATEGORIES = 'categories'
"""Value of ``metainfo`` that takes the keypoints from the ``categories`` of the file."""

_SIGMA = 0.05  # COCO's own are from 0.025 (an eye) to 0.107 (a hip)
_COLORS = ([51, 153, 255], [0, 255, 0], [255, 128, 0], [255, 51, 255], [255, 255, 51])
# 'left' or 'l' as a separate word: left_wrist, wrist-left, L wrist, leftWrist, wristL
_SIDES = (
    (r'(?i)(?<![a-z])left(?=$|[^a-z])', 'right'),
    (r'left(?=[A-Z_\W\d]|$)|Left', 'right'),
    (r'(?<![A-Za-z])[lL](?![A-Za-z])', 'r'),
    (r'(?<=[a-z])L$', 'R'),
)


def metainfo_of_categories(path: str) -> dict[str, Any]:
    """Return a keypoint definition in mmpose's format from the ``categories`` of a file.

    Keypoints whose names differ only in 'left' and 'right' (or 'l' and 'r') form a pair.
    All have the same weight and, for COCO's keypoint similarity, the same sigma.

    Args:
        path (str): COCO-style file; its first category with keypoints is used.

    Raises:
        UserError: No category lists its keypoints, or two keypoints share a name.
    """
    categories = load_coco(path).get('categories') or ()
    described = [category for category in categories if category.get('keypoints')]
    if not described:
        raise UserError(
            f'No category of `{path}` lists its keypoints: add `keypoints` to one, or pass '
            "a `metainfo` in mmpose's format."
        )
    names = list(map(str, described[0]['keypoints']))
    if len(set(names)) < len(names):
        raise UserError(
            f'Two keypoints in the category of `{path}` share a name: rename one ({names}).'
        )
    colors = list(islice(cycle(_COLORS), len(names)))
    return dict(
        dataset_name=str(described[0].get('name') or 'own'),
        keypoint_info={
            i: dict(
                name=name,
                id=i,
                color=color,
                type='',
                swap=other_side(name, names) or '',
            )
            for i, (name, color) in enumerate(zip(names, colors))
        },
        skeleton_info={
            i: dict(link=link, id=i, color=_COLORS[0])
            for i, link in enumerate(
                _links(described[0].get('skeleton') or (), names, path)
            )
        },
        joint_weights=[1.0] * len(names),
        sigmas=[_SIGMA] * len(names),
    )


def other_side(name: str, names: list[str]) -> Optional[str]:
    """The keypoint among ``names`` on the other side of ``name``, or None."""
    for other in names:
        if other != name and (name in _mirrored(other) or other in _mirrored(name)):
            return other
    return None


def _mirrored(name: str) -> set[str]:
    """The names that a keypoint of the left may have on the right."""
    found = set()
    for pattern, right in _SIDES:
        for match in re.finditer(pattern, name):
            swapped = right.upper() if match[0].isupper() else right
            swapped = swapped.capitalize() if match[0].istitle() else swapped
            found.add(name[: match.start()] + swapped + name[match.end() :])
    return found


def _links(skeleton: Any, names: list[str], path: str) -> list[tuple[str, str]]:
    """The skeleton as pairs of names; COCO counts keypoints from 1."""
    numbered = dict(enumerate(names, start=1))
    try:
        return [(numbered[first], numbered[last]) for first, last in skeleton]
    except (TypeError, ValueError, KeyError) as error:
        raise UserError(
            f'The skeleton of `{path}` is not a list of pairs of keypoints from 1 to '
            f'{len(names)}: correct or remove it.'
        ) from error

"""The keypoint definition that an annotation file itself gives."""

import re
from itertools import cycle, islice
from typing import Any, Optional

from mmpose_uda.datasets.coco_file import load_coco
from mmpose_uda.errors import UserError

FROM_CATEGORIES = 'categories'
"""The ``metainfo`` of a data set whose keypoints are those of its file's ``categories``."""

_SIGMA = 0.05  # of COCO's keypoints, from 0.025 (an eye) to 0.107 (a hip)
_COLORS = ([51, 153, 255], [0, 255, 0], [255, 128, 0], [255, 51, 255], [255, 255, 51])
# 'left' or 'l' as a word of its own: left_wrist, wrist-left, L wrist, leftWrist, wristL
_SIDES = (
    (r'(?i)(?<![a-z])left(?=$|[^a-z])', 'right'),
    (r'left(?=[A-Z_\W\d]|$)|Left', 'right'),
    (r'(?<![A-Za-z])[lL](?![A-Za-z])', 'r'),
    (r'(?<=[a-z])L$', 'R'),
)


def metainfo_of_categories(path: str) -> dict[str, Any]:
    """A keypoint definition in mmpose's format, of the ``categories`` of a file.

    Keypoints that differ in 'left' and 'right' (or 'l' and 'r') alone are a pair. All have
    the same weight and, for COCO's similarity of keypoints, the same sigma.

    Args:
        path (str): A COCO-style file; the first of its categories with keypoints counts.

    Raises:
        UserError: No category names its keypoints, or two have one name.
    """
    categories = load_coco(path).get('categories') or ()
    told = [category for category in categories if category.get('keypoints')]
    if not told:
        raise UserError(
            f'No category of `{path}` names its keypoints: add `keypoints` to one, or pass '
            "a `metainfo` in mmpose's format."
        )
    names = list(map(str, told[0]['keypoints']))
    if len(set(names)) < len(names):
        raise UserError(f'The category of `{path}` gives two keypoints one name: {names}.')
    colors = list(islice(cycle(_COLORS), len(names)))
    return dict(
        dataset_name=str(told[0].get('name') or 'own'),
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
            for i, link in enumerate(_links(told[0].get('skeleton') or (), names, path))
        },
        joint_weights=[1.0] * len(names),
        sigmas=[_SIGMA] * len(names),
    )


def other_side(name: str, names: list[str]) -> Optional[str]:
    """The keypoint among ``names`` that ``name`` becomes in a mirror, None if itself."""
    for other in names:
        if other != name and (name in _mirrored(other) or other in _mirrored(name)):
            return other
    return None


def _mirrored(name: str) -> set[str]:
    """What a name of the left may be on the right."""
    found = set()
    for pattern, right in _SIDES:
        for match in re.finditer(pattern, name):
            swapped = right.upper() if match[0].isupper() else right
            swapped = swapped.capitalize() if match[0].istitle() else swapped
            found.add(name[: match.start()] + swapped + name[match.end() :])
    return found


def _links(skeleton: Any, names: list[str], path: str) -> list[tuple[str, str]]:
    """Pairs of names; COCO counts keypoints from 1."""
    numbered = dict(enumerate(names, start=1))
    try:
        return [(numbered[first], numbered[last]) for first, last in skeleton]
    except (TypeError, ValueError, KeyError) as error:
        raise UserError(
            f'The skeleton of `{path}` is no list of pairs of keypoints from 1 to '
            f'{len(names)}: correct or remove it.'
        ) from error

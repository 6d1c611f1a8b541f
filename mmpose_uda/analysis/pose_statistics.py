"""Statistics of labelled human poses: how trunks tilt, and how far joints bend."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmpose_uda.datasets.coco_annotation import labelled_points
from mmpose_uda.datasets.coco_file import load_coco
from mmpose_uda.errors import UserError
from mmpose_uda.markdown import table

_SIDES = ('left', 'right')
_TRUNK = tuple(f'{side}_{joint}' for joint in ('shoulder', 'hip') for side in _SIDES)
_CHAINS = dict(
    elbow=('shoulder', 'elbow', 'wrist'),
    shoulder=('hip', 'shoulder', 'elbow'),
    hip=('shoulder', 'hip', 'knee'),
    knee=('hip', 'knee', 'ankle'),
)
_QUANTILES = (5, 50, 95)
_COLUMNS = ('file', 'people', 'trunk > 45°', '> 90°', 'facing away', *_CHAINS)


@dataclass
class PoseStatistics:
    """Statistics of people's 2D poses in the image.

    Args:
        people (int): Number of people with labelled shoulders and hips.
        tilted (float): Share of them whose trunk is more than 45 degrees off upright.
        upside_down (float): Share whose trunk is more than 90 degrees off upright.
        facing_away (float): Share, among those not upside down, whose left shoulder is
            left of the right one by more than 0.15 of the trunk's length.
        angles (dict[str, tuple]): Joint -> 5th, 50th and 95th percentile of the angle
            between its two bones in degrees; 180 is straight.
    """

    people: int
    tilted: float
    upside_down: float
    facing_away: float
    angles: dict

    @property
    def cells(self) -> list[str]:
        """Its row in :func:`pose_table`, except for the file."""
        shares = (self.tilted, self.upside_down, self.facing_away)
        cells = [str(self.people), *(f'{100 * share:.0f} %' for share in shares)]
        angles = [' / '.join(f'{a:.0f}' for a in self.angles[joint]) for joint in _CHAINS]
        return [*cells, *angles]


def pose_table(ann_files: Sequence[str]) -> str:
    """Return a Markdown table of pose statistics, one row per file."""
    return table(_COLUMNS, [[file, *pose_statistics(file).cells] for file in ann_files])


def pose_statistics(ann_file: str) -> PoseStatistics:
    """Measure the poses of a COCO-style file of people.

    Args:
        ann_file (str): Path of the file. Unlabelled keypoints do not count.

    Raises:
        UserError: The file cannot be read, lacks a keypoint, has invalid labels, or
            shows no trunk.
    """
    content = load_coco(ann_file)
    categories = content.get('categories') or []
    names: list[str] = next(filter(None, (one.get('keypoints') for one in categories)), [])
    others = {c.get('id') for c in categories if c.get('keypoints') != names}
    if 'left_ankle' not in names:  # mmpose calls the ankles of Human3.6M feet
        names = [name.replace('_foot', '_ankle') for name in names]
    wanted = [
        f'{side}_{joint}'
        for joints in _CHAINS.values()
        for joint in joints
        for side in _SIDES
    ]
    missing = sorted(set(wanted) - set(names))
    if missing:
        raise UserError(
            f'`{ann_file}` has no keypoint {missing[0]!r}: give a file of people with '
            'shoulders, elbows, wrists, hips, knees and ankles of both sides.'
        )
    people = [a for a in content['annotations'] if a.get('category_id') not in others]
    labels = [labelled_points(one, ann_file, len(names)) for one in people]
    labels = [label for label in labels if label is not None]
    points = np.array(labels, dtype=float).reshape(-1, len(names), 3)
    place = {name: points[:, names.index(name)] for name in wanted}
    whole = np.all([place[name][:, 2] > 0 for name in _TRUNK], axis=0)
    if not whole.any():
        raise UserError(
            f'`{ann_file}` shows no person with both shoulders and both hips labelled.'
        )
    left, right, *hips = (place[name][whole, :2] for name in _TRUNK)
    trunk = 0.5 * (left + right - hips[0] - hips[1])
    tilt = np.degrees(np.arctan2(np.abs(trunk[:, 0]), -trunk[:, 1]))
    length = np.linalg.norm(trunk, axis=1)
    away = (right - left)[:, 0] > 0.15 * length
    return PoseStatistics(
        int(whole.sum()),
        float((tilt > 45).mean()),
        float((tilt > 90).mean()),
        float(away[tilt <= 90].mean()),
        {joint: _bent(place, chain) for joint, chain in _CHAINS.items()},
    )


def _bent(place: dict, chain: tuple) -> tuple:
    """Percentiles of the angle at the middle of a chain of three joints."""
    angles = []
    for side in _SIDES:
        before, joint, after = (place[f'{side}_{name}'] for name in chain)
        known = (before[:, 2] > 0) & (joint[:, 2] > 0) & (after[:, 2] > 0)
        first, second = ((p - joint)[known, :2] for p in (before, after))
        cos = (first * second).sum(axis=1) / np.maximum(
            np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1), 1e-9
        )
        angles.append(np.degrees(np.arccos(np.clip(cos, -1, 1))))
    angles = np.concatenate(angles)
    return tuple(np.percentile(angles, _QUANTILES)) if len(angles) else (np.nan,) * 3

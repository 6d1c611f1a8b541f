"""Statistics of 3D hand labels, side by side: poses and viewing directions."""

from collections.abc import Callable, Sequence

import numpy as np

from mmpose_uda.datasets.files import load_json
from mmpose_uda.errors import UserError
from mmpose_uda.markdown import table

# Root-to-tip distance over the sum of bone lengths, of a straight and of a folded finger
_STRAIGHT, _FOLDED = 0.93, 0.65
_TOUCH = 0.35  # distance of two touching finger-tip joints, in palm widths


class _Hands:
    """Poses [N, 21, 3] in mm (HAND21's order) as lengths, angles and states of hands."""

    def __init__(self, poses: np.ndarray) -> None:
        digits = poses[:, 1:].reshape(-1, 5, 4, 3)
        bones = np.diff(digits, axis=2)
        reach = digits[:, :, 3] - digits[:, :, 0]
        self.lengths = np.linalg.norm(bones, axis=-1)
        self.width = np.linalg.norm(poses[:, 5] - poses[:, 17], axis=-1)
        self.palm_length = np.linalg.norm(poses[:, 9] - poses[:, 0], axis=-1)
        self.total = self.lengths.sum((1, 2)) + np.linalg.norm(
            digits[:, :, 0] - poses[:, :1], axis=-1
        ).sum(axis=1)
        stretch = np.linalg.norm(reach, axis=-1) / self.lengths.sum(axis=2)
        self.straight = stretch[:, 1:] > _STRAIGHT
        self.folded = stretch[:, 1:] < _FOLDED
        self.direction = _unit(reach[:, 1:])
        self.up = _unit(poses[:, 9] - poses[:, 0])
        self.normal = _unit(np.cross(poses[:, 5] - poses[:, 17], self.up))
        first, along = _unit(bones[:, 1:, 0]), _unit(digits[:, 1:, 0] - poses[:, :1])
        self.knuckles = np.degrees(
            np.arctan2(
                (first * self.normal[:, None]).sum(-1),
                (first * along).sum(-1),
            )
        )
        tips = np.linalg.norm(digits[:, 1:, 3] - digits[:, :1, 3], axis=-1)
        self.pinches = (tips < _TOUCH * self.width[:, None]).any(axis=1)

    def spread(self) -> np.ndarray:
        """Angles in degrees between neighbouring fingers that are both straight."""
        cos = (self.direction[:, :-1] * self.direction[:, 1:]).sum(-1)
        both = self.straight[:, :-1] & self.straight[:, 1:]
        return np.degrees(np.arccos(cos[both].clip(-1, 1)))


def _percent(values: np.ndarray) -> str:
    return f'{100 * np.mean(values):.0f} %'


def _range(values: np.ndarray, digits: int = 0) -> str:
    """The median, and the 5th and 95th percentiles."""
    if not len(values):
        return ''
    # adding 0 turns -0 into 0
    low, middle, high = np.percentile(values, (5, 50, 95)).round(digits) + 0.0
    return f'{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})'


def _sets(hands: _Hands, number: int) -> str:
    return _percent(hands.straight.sum(axis=1) == number)


def _finger(finger: int) -> Callable[[_Hands], str]:
    return lambda h: f'{np.median(h.lengths[:, finger].sum(axis=1) / h.width):.2f}'


_ROWS: dict[str, Callable[[_Hands], str]] = {
    'hands': lambda h: str(len(h.width)),
    'fingers straight': lambda h: _percent(h.straight),
    'fingers between': lambda h: _percent(~h.straight & ~h.folded),
    'fingers folded': lambda h: _percent(h.folded),
    **{f'hands with {n} straight fingers': lambda h, n=n: _sets(h, n) for n in range(5)},
    'thumb on a finger-tip': lambda h: _percent(h.pinches),
    'angle between straight neighbours, degrees': lambda h: _range(h.spread()),
    'bend of straight fingers at the knuckle, degrees': lambda h: _range(
        h.knuckles[h.straight]
    ),
    'palm to the camera': lambda h: _percent(h.normal[:, 2] < -0.5),
    'seen from the side': lambda h: _percent(np.abs(h.normal[:, 2]) <= 0.5),
    'back to the camera': lambda h: _percent(h.normal[:, 2] > 0.5),
    'lean in the picture, degrees': lambda h: _range(
        np.degrees(np.arctan2(h.up[:, 0], -h.up[:, 1]))
    ),
    'lean to the camera, degrees': lambda h: _range(
        np.degrees(np.arcsin(-h.up[:, 2].clip(-1, 1)))
    ),
    'wrist to middle knuckle, palm widths': lambda h: (
        f'{np.median(h.palm_length / h.width):.2f}'
    ),
    'thumb, palm widths': _finger(0),
    'index finger, palm widths': _finger(1),
    'middle finger, palm widths': _finger(2),
    'little finger, palm widths': _finger(4),
    'all bones, mm': lambda h: f'{h.total.mean():.0f}',
}


def hand_statistics(files: Sequence[str]) -> str:
    """Compare the hand poses of files, e.g. to see whether a source covers a target.

    A finger is straight if its tip is farther from its root than 0.93 of the length of its
    bones, and folded below 0.65. Ranges are the median, the 5th and the 95th percentile.

    Args:
        files (Sequence[str]): COCO-style JSON files whose annotations have
            ``keypoints_3d`` [21, 3] in mm, x right, y down, z forward, in the order of
            ``HAND21``.

    Returns:
        str: A Markdown table with one column per file.

    Raises:
        UserError: A file cannot be read or has no such labels.
    """
    columns = [_Hands(_poses(path)) for path in files]
    rows = [[name, *map(tell, columns)] for name, tell in _ROWS.items()]
    return table(['', *(f'`{path}`' for path in files)], rows)


def _poses(path: str) -> np.ndarray:
    try:
        labels = load_json(path)['annotations']
        poses = np.array([label['keypoints_3d'] for label in labels], dtype=float)
    except OSError as error:
        raise UserError(
            f'`{path}` cannot be read ({error.strerror}): correct its path.'
        ) from error
    except (KeyError, TypeError, ValueError, OverflowError):
        poses = np.empty(0)
    if poses.ndim != 3 or poses.shape[1:] != (21, 3) or not np.isfinite(poses).all():
        raise UserError(
            f'The annotations of `{path}` have no `keypoints_3d` of 21 joints each: give '
            'a COCO-style JSON file of labelled hands.'
        )
    return poses


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-9)

"""Source statistics as a file beside an exported estimator."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional, Union

import torch
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import named_metainfo
from mmpose_uda.models.observation.source_statistics import (
    SourceStatistics,
    from_log,
    quantile,
    to_cosine,
)
from mmpose_uda.models.readers import find_reader

STATISTICS_FILE = 'source_statistics.json'

_FORMAT = 1
_LEVELS = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
_UNITS = {2: 'crop side', 3: 'mm'}
_KEYS = {
    'format', 'keypoints', 'labelled_keypoints', 'dimensions', 'skeleton', 'histograms',
}  # fmt: skip

Skeleton = Union[str, Sequence[tuple[int, int]]]
Content = dict[str, Any]
"""What the file holds, as docs/architecture.md describes it."""


def statistics_for(
    head: nn.Module, skeleton: Optional[Skeleton] = None, file: Optional[str] = None
) -> Optional[SourceStatistics]:
    """Empty source statistics that fit a head; None if no reader reads it.

    Args:
        head (nn.Module): The head of an estimator.
        skeleton (str | Sequence, optional): Bones as pairs of keypoints, or the name of a
            keypoint definition of this package. Defaults to those of a 3D head's decoder.
        file (str, optional): A ``source_statistics.json``, whose skeleton is used. Its
            values are copied by :func:`fill`.

    Raises:
        UserError: The file, the name or the skeleton does not fit the head.
    """
    reader = find_reader(head)
    if reader is None:
        return None
    unit = reader.bone_unit
    if file is not None:
        content = read_statistics(file)
        for key, own in dict(
            keypoints=reader.keypoints, dimensions=reader.dimensions
        ).items():
            if content[key] != own:
                raise UserError(
                    f'{file} has statistics of poses with {key}={content[key]}, but the '
                    f'head has {own}: use the file beside an export of the same keypoints.'
                )
        skeleton, unit = content['skeleton'], content['histograms']['unit']
    elif skeleton is None:
        skeleton = reader.skeleton
    bones = _named_bones(skeleton) if isinstance(skeleton, str) else skeleton
    if any(not 0 <= end < reader.keypoints for bone in bones for end in bone):
        raise UserError(
            f'The skeleton of the source statistics has bones beyond the '
            f'{reader.keypoints} keypoints of the head: correct `skeleton`, which is '
            f'{list(bones)}.'
        )
    return SourceStatistics(reader.keypoints, bones, reader.dimensions, unit)


def _named_bones(name: str) -> list[tuple[int, int]]:
    info = named_metainfo(name)
    ids = {point['name']: i for i, point in info['keypoint_info'].items()}
    links = (bone['link'] for bone in info['skeleton_info'].values())
    return [(ids[start], ids[end]) for start, end in links]


def read_statistics(path: str) -> Content:
    """Read a ``source_statistics.json``.

    Raises:
        UserError: The file is missing, or is of another kind.
    """
    try:
        content = json.loads(Path(path).read_text('utf-8'))
    except FileNotFoundError:
        raise UserError(
            f'There is no file {path}: name the {STATISTICS_FILE} beside an export.'
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read as JSON ({error}).') from error
    if not isinstance(content, dict) or not _KEYS <= content.keys():
        raise UserError(
            f'{path} holds no statistics of a source: name the {STATISTICS_FILE} beside '
            'an export.'
        )
    if content['format'] != _FORMAT:
        raise UserError(
            f'{path} has the format {content["format"]!r}, but this version reads only '
            f'{_FORMAT}: write it again with `mmpose_uda export`.'
        )
    _check_keypoints(content, path)
    return content


def _check_keypoints(content: Content, path: str) -> None:
    count = content['keypoints']
    try:
        named = [*content['labelled_keypoints']]
        named += [k for start, end in content['skeleton'] for k in (start, end)]
        fits = all(type(k) is int and 0 <= k < count for k in named)
        fits &= content['histograms']['unit'] > 0
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise UserError(
            f'{path} names keypoints that are not among its {count}, or lacks a unit: '
            'write it again with `mmpose_uda export`.'
        )


def fill(statistics: SourceStatistics, content: Content, path: str) -> None:
    """Copy the values of a file into statistics.

    Args:
        statistics (SourceStatistics): As :func:`statistics_for` creates them for the file.
        content (dict): Content of the file.
        path (str): Its path, for error messages.

    Raises:
        UserError: The histograms do not fit the skeleton.
    """
    for name in ('histograms', 'confidence'):
        buffer = getattr(statistics, name)
        key = 'rows' if name == 'histograms' else name
        try:
            rows = [_expanded(row, buffer.shape[1]) for row in content['histograms'][key]]
            buffer.copy_(torch.tensor(rows, dtype=buffer.dtype).view_as(buffer))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise UserError(
                f'The histograms {key!r} of {path} are damaged ({error}): write the file '
                'again with `mmpose_uda export`.'
            ) from error


def content_of(statistics: SourceStatistics, labelled: Tensor) -> Optional[Content]:
    """The content to write to a file; None if no source was seen.

    Args:
        statistics (SourceStatistics): The statistics, which are not changed.
        labelled (Tensor): bool [K], keypoints with labels in the source.
    """
    if not (statistics.histograms.any() or statistics.confidence.any()):
        return None
    bones = [list(bone) for bone in statistics.bones]
    confidence = statistics.confidence.cpu().double()
    content: Content = dict(
        format=_FORMAT,
        keypoints=statistics.keypoints,
        labelled_keypoints=labelled.nonzero().flatten().tolist(),
        dimensions=statistics.dimensions,
        unit=_UNITS[statistics.dimensions],
        skeleton=bones,
        quantile_levels=list(_LEVELS),
    )
    if bones:
        lengths, cosines, size = (rows.cpu().double() for rows in statistics.rows())
        total = statistics.unit * len(bones)
        content.update(
            poses=int(size.sum()),
            total_length=_described(size[0], lambda x: total * from_log(x)),
            bone_lengths=[
                dict(bone=bone, **_described(row, from_log))
                for bone, row in zip(bones, lengths)
            ],
            bone_cosines=[
                dict(bones=[bones[i], bones[j]], **_described(row, to_cosine))
                for (i, j, _), row in zip(statistics.joints, cosines)
            ],
        )
    content['confidence'] = [_described(row, lambda x: x) for row in confidence]
    content['histograms'] = dict(
        unit=statistics.unit,
        rows=[_trimmed(row) for row in statistics.histograms.tolist()],
        confidence=[_trimmed([float(f'{x:.9g}') for x in r]) for r in confidence.tolist()],
    )
    return content


def _described(counts: Tensor, value_of: Callable[[Tensor], Tensor]) -> Content:
    """Mean, standard deviation and quantiles of a histogram; None if it is empty."""
    total = counts.sum()
    if not total:
        return dict(mean=None, std=None, quantiles=None)
    centres = (torch.arange(len(counts), dtype=counts.dtype) + 0.5) / len(counts)
    values, shares = value_of(centres), counts / total
    mean = (values * shares).sum()
    std = ((values - mean).square() * shares).sum().sqrt()
    levels = [value_of(quantile(counts, level)) for level in _LEVELS]
    mean, std, *levels = (round(float(x), 5) for x in (mean, std, *levels))
    return dict(mean=mean, std=std, quantiles=levels)


def _trimmed(row: list) -> list:
    """A histogram as the index of its first non-empty bin and the counts from there."""
    filled = [i for i, count in enumerate(row) if count]
    if not filled:
        return [0, []]
    return [filled[0], row[filled[0] : filled[-1] + 1]]


def _expanded(row: list, bins: int) -> list:
    """The inverse of :func:`_trimmed`."""
    first, counts = row
    return [0] * first + counts + [0] * (bins - first - len(counts))

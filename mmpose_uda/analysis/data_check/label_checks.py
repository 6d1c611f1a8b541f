"""Check the labels of a data set: keypoints, boxes, ids."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

import numpy as np

from mmpose_uda.analysis.data_check.findings import DataReport, share
from mmpose_uda.analysis.data_check.images import ImageFacts
from mmpose_uda.analysis.data_check.parts import Part
from mmpose_uda.datasets.coco_file import annotated_size, box_of
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.errors import UserError
from mmpose_uda.evaluation.samples import visibility

_TOLERANCE = 1.0  # px by which a box may leave its image, as it does after rounding


def check_keypoints(report: DataReport, part: Part) -> None:
    """Report how often each keypoint is visible, and which never is.

    The target is skipped: its labels, if any, are not used.
    """
    if part.role == 'target':
        return
    names = keypoint_names(part.dataset.metainfo)
    flags = [
        visibility(info['keypoints_visible'])
        for info in part.infos
        if 'keypoints_visible' in info
    ]
    if not flags:
        return
    shares = (np.concatenate(flags) > 0).mean(0)
    report.visible[part.role] = dict(zip(names, shares.tolist()))
    weights = np.asarray(part.dataset.metainfo['dataset_keypoint_weights'])
    never = [name for name, seen, w in zip(names, shares, weights) if not seen and w]
    report.facts[part.role]['keypoints visible'] = f'{100 * shares.mean():.1f} %'
    if never and part.is_trained_on:
        report.problems.append(
            f'No instance of the {part.role} data has the keypoints {", ".join(never)}, '
            'which therefore cannot be learned: label them, or set their weights in the '
            'metainfo to 0.'
        )
    elif never:
        report.remarks.append(
            f'No instance of the {part.role} data has the keypoints {", ".join(never)}: '
            'they are not evaluated.'
        )


def check_boxes(
    report: DataReport, part: Part, looked_at: Mapping[str, ImageFacts]
) -> None:
    """Report how many boxes leave their images, and which are unusable."""
    try:
        found = list(_boxes(part, looked_at))
    except UserError as error:
        report.problems.append(str(error))
        return
    if not found:
        return
    owners, boxes, sizes = zip(*found)
    boxes, sizes = np.array(boxes, float), np.array(sizes, float)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    is_empty = (boxes[:, 2:] <= 0).any(1)
    is_outside = ((high <= 0) | (low >= sizes)).any(1) & ~is_empty
    leaves = ((low < -_TOLERANCE) | (high > sizes + _TOLERANCE)).any(1) & ~is_empty
    facts = report.facts[part.role]
    facts['boxes partly outside'] = share(int((leaves & ~is_outside).sum()), len(boxes))
    facts['boxes outside'] = share(int(is_outside.sum()), len(boxes))
    facts['boxes of no size'] = share(int(is_empty.sum()), len(boxes))
    for which, what in ((is_empty, 'of no size'), (is_outside, 'outside of its image')):
        if which.any():
            report.problems.append(
                f'{which.sum()} of {len(boxes)} boxes of the {part.role} data are '
                f'unusable, the first is that of {owners[which.argmax()]}, {what}: fix or '
                'remove them.'
            )


def _boxes(
    part: Part, looked_at: Mapping[str, ImageFacts]
) -> Iterator[tuple[str, np.ndarray, tuple[int, int]]]:
    """Yield the owner of each box, the box [4] as x, y, w, h, and its image's size, px."""
    if part.content is None:
        for info in part.infos:
            seen = looked_at.get(info.get('img_path'))
            if seen is not None and seen.size is not None:
                for x1, y1, x2, y2 in info.get('bbox', ()):
                    yield f'`{info["img_path"]}`', [x1, y1, x2 - x1, y2 - y1], seen.size
        return
    path = part.dataset.ann_file
    images = {image['id']: image for image in part.content['images']}
    is_labelled = any('keypoints_visible' in info for info in part.infos)
    for annotation in part.content['annotations']:
        image = images.get(annotation.get('image_id'), {})
        # data sets leave out crowds and, if they are labelled, people without keypoints
        is_used = not annotation.get('iscrowd') and 'bbox' in annotation
        if is_used and is_labelled:
            is_used = any(np.ravel(annotation.get('keypoints', ()))[2::3])
        size = annotated_size(image)
        if is_used and size is not None:
            yield f'annotation {annotation.get("id")}', box_of(annotation, path), size


def check_ids(report: DataReport, part: Part) -> None:
    """Report ids of images and annotations that a COCO-style file has more than once."""
    for kind in ('image', 'annotation'):
        repeated = _repeated(
            item.get('id') for item in (part.content or {}).get(f'{kind}s', ())
        )
        if part.content is not None:
            report.facts[part.role][f'repeated {kind} ids'] = str(len(repeated))
        if repeated:
            report.problems.append(
                f'`{part.dataset.ann_file}` has {len(repeated)} repeated {kind} ids, such '
                f'as {repeated[0]}: renumber its {kind}s.'
            )


def _repeated(ids: Iterable[Any]) -> list[Optional[int]]:
    return [one for one, count in Counter(ids).items() if count > 1]

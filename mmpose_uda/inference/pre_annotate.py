"""Write predictions as annotations to correct, for ``tools/misc/pre_annotate.py``."""

import json
import logging
from pathlib import Path
from typing import Any, Optional

from mmengine.logging import print_log
from tqdm import tqdm

from mmpose_uda.config import user_errors
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.errors import UserError, writing
from mmpose_uda.inference.image_sources import Frame, VideoFile, open_source
from mmpose_uda.inference.infer import load_top_down, predict
from mmpose_uda.whole_files import write_whole

_BATCH = 8


def pre_annotate(
    model: str,
    images: str,
    out: str,
    checkpoint: Optional[str] = None,
    boxes: Optional[str] = None,
    num: Optional[int] = None,
    device: Optional[str] = None,
) -> int:
    """Write a COCO-style file of predictions, the most uncertain images first.

    All keypoints are marked as visible; the ``score`` of an annotation is the mean score of
    its keypoints. ``categories`` has their names and the skeleton, which counts from 1 as
    in COCO.

    Args:
        model (str): An export (folder or ``config.py``), or a config.
        images (str): Folder of images, or an image.
        out (str): The file, .json. Its ``file_name`` entries are relative to ``images``.
        checkpoint (str, optional): Weights, if ``model`` is a config.
        boxes (str, optional): JSON file of boxes by image name. Default: as for
            :func:`~mmpose_uda.inference.infer.infer`.
        num (int, optional): Largest number of images; all by default.
        device (str, optional): Where to compute. Defaults to a GPU if there is one.

    Returns:
        int: Number of images in the file.

    Raises:
        UserError: A mistake that the user can fix.
    """
    if num is not None and num < 1:
        raise UserError(f'--num {num} is too few: give 1 or more.')
    if not out.endswith('.json'):
        raise UserError(f'--out {out} is not a JSON file: end its name in .json.')
    if Path(out).exists():
        raise UserError(f'{out} already exists: name another --out.')
    source = open_source(images, boxes)
    if isinstance(source, VideoFile):
        raise UserError(
            f'{images} is a video, whose frames annotation tools cannot open: give a '
            'folder of them, such as the `frames` that `mmpose_uda adapt` writes.'
        )
    network = load_top_down(model, checkpoint, device=device)
    found, left_out = [], []
    with user_errors(network.cfg):
        predicted = predict(network, source, _BATCH)
        for frame, instances in tqdm(predicted, total=len(source), unit='image'):
            if instances is None:
                left_out.append(frame.name)
            elif instances:
                found.append((_certainty(instances), frame.name, _size(frame), instances))
    left_out += source.skipped
    if left_out:
        print_log(
            'Left out, as they do not decode or have a box outside: '
            f'{len(left_out)} ({", ".join(left_out)}).',
            logger='current',
            level=logging.WARNING,
        )
    if not found:
        raise UserError(
            f'None of the {len(source)} images of {images} decodes and can be predicted: '
            'replace the files.'
        )
    found.sort(key=lambda one: one[:2])
    content = _content(found[:num], network.dataset_meta)
    with writing(out):
        write_whole(out, json.dumps(content))
    return len(content['images'])


def _certainty(instances: list[dict]) -> float:
    """Mean score of the least confident instance."""
    return min(map(_score, instances))


def _score(instance: dict) -> float:
    scores = instance['keypoint_scores']
    return float(sum(scores) / len(scores))


def _size(frame: Frame) -> tuple[int, int]:
    height, width = frame.image.shape[:2]
    return width, height


def _content(
    found: list[tuple[float, str, tuple[int, int], list[dict]]], metainfo: dict[str, Any]
) -> dict[str, list]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (_, name, (width, height), instances) in enumerate(found, start=1):
        images.append(dict(id=number, file_name=name, width=width, height=height))
        for instance in instances:
            annotation = _annotation(instance)
            annotation.update(id=len(annotations) + 1, image_id=number)
            annotations.append(annotation)
    category = dict(
        id=1,
        name=metainfo['dataset_name'],
        supercategory='',
        keypoints=keypoint_names(metainfo),
        skeleton=[[a + 1, b + 1] for a, b in metainfo['skeleton_links']],
    )
    return dict(images=images, annotations=annotations, categories=[category])


def _annotation(instance: dict) -> dict[str, Any]:
    x1, y1, x2, y2 = map(float, instance['bbox'][0])
    width, height = x2 - x1, y2 - y1
    points = [[float(x), float(y), 2] for x, y in instance['keypoints']]
    return dict(
        category_id=1,
        iscrowd=0,
        bbox=[x1, y1, width, height],
        area=width * height,
        num_keypoints=len(points),
        keypoints=[value for point in points for value in point],
        score=_score(instance),
    )

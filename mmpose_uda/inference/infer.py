"""Predict poses in images and videos, for ``tools/infer.py``."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import cv2
import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.device import get_device
from mmpose.structures import PoseDataSample, split_instances
from torch import nn
from tqdm import tqdm

from mmpose_uda.config import user_errors
from mmpose_uda.deploy.load_estimator import load_estimator
from mmpose_uda.errors import UserError
from mmpose_uda.inference.image_sources import Frame, VideoFile, open_source
from mmpose_uda.inference.prediction_files import PICTURES, prediction_files


@dataclass
class Inference:
    """What :func:`infer` found.

    Attributes:
        predictions (dict[str, list[dict]]): Name of an image -> its instances; name of a
            video -> one dict per frame with ``frame_id`` and ``instances``. An instance is
            what mmpose's inferencers return: ``keypoints`` [K, 2] px, ``keypoint_scores``
            [K], ``bbox`` (x1, y1, x2, y2, px, in a nested list) and ``bbox_score``. In 3D
            it also has ``keypoints_3d`` [K, 3], mm relative to the root (x right, y down,
            z away from the camera), and ``camera``.
        skipped (list[str]): Images and frames that did not decode or have no prediction.
    """

    predictions: dict[str, list[dict]]
    skipped: list[str]


def infer(
    model: str,
    inputs: str,
    out: Optional[str] = None,
    checkpoint: Optional[str] = None,
    which: Optional[str] = None,
    boxes: Optional[str] = None,
    batch_size: int = 8,
    device: Optional[str] = None,
) -> Inference:
    """Predict poses in images or a video, and draw them.

    Images come without a camera, so 3D poses are scaled under weak perspective, as
    ``camera`` of an instance states: their bones add up to the length that is set in the
    estimator's codec, and rays are assumed to be parallel. (On the test images of the
    built-in hand benchmark the true cameras change the error by less than 0.1 mm.)

    Args:
        model (str): An export (folder or ``config.py``), or a training's config.
        inputs (str): An image, a folder of images (with subfolders) or a video.
        out (str, optional): Folder for ``visualizations/`` and ``predictions/``, which
            mirror ``inputs``. Default: nothing is written.
        checkpoint (str, optional): Weights of a config; by default the ``model.pth``
            beside it, else the last checkpoint of its work dir.
        which (str, optional): 'teacher' or 'student' of a training's checkpoint. Defaults
            to the config's ``test_network``.
        boxes (str, optional): JSON file with one box or a list of boxes per image,
            ``{"name.jpg": [x, y, w, h]}``, px; for a video by the number of a frame,
            ``{"000012.jpg": ...}``. Images that it does not name are left out; such frames
            have no instances. Defaults to the ``boxes.json`` of a folder or to
            ``walk.boxes.json`` beside ``walk.mp4``, if it exists, else to whole images.
        batch_size (int): Boxes per forward pass.
        device (str, optional): Where to compute. Defaults to a GPU if there is one.

    Returns:
        Inference: Predictions and what was skipped.

    Raises:
        UserError: A mistake that the user can fix. Images that do not decode, or have a box
            outside, are skipped unless none is left.
    """
    if batch_size < 1:
        raise UserError(f'--batch-size {batch_size} is too small: use 1 or more.')
    if out is not None:
        _check_folder(Path(out), inputs)
    source = open_source(inputs, boxes, without=out and Path(out, PICTURES))
    network = load_top_down(model, checkpoint, which, device)
    files = out and prediction_files(Path(out), source, network.dataset_meta)
    unit = 'frame' if isinstance(source, VideoFile) else 'image'
    predicted = predict(network, source, batch_size)
    predictions: dict[str, list[dict]] = {}
    failed: list[str] = []
    done = 0
    with user_errors(network.cfg):
        for frame, instances in tqdm(predicted, total=len(source) or None, unit=unit):
            if frame.frame_id is not None:  # a video keeps its length
                entry = dict(frame_id=frame.frame_id, instances=instances or [])
                predictions.setdefault(frame.name, []).append(entry)
            if instances is None:
                failed.append(_name_of(frame))
                continue
            done += 1
            if frame.frame_id is None:
                predictions[frame.name] = instances
            if files:
                files.write(frame, instances)
    skipped = [*source.skipped, *failed]
    if not done:
        raise UserError(
            f'None of the {len(source)} images of {inputs} decodes and can be predicted, '
            f'for example {skipped[0]}: replace the files, or correct their boxes.'
        )
    if files:
        files.close(predictions)
    return Inference(predictions, skipped)


def _check_folder(out: Path, inputs: str) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f'--out {out} is a file: name a folder.')
    if Path(inputs).resolve().is_relative_to((out / PICTURES).resolve()):
        raise UserError(
            f'The pictures of --out {out} would be written over {inputs}: choose another '
            'folder.'
        )


def load_top_down(
    model: str,
    checkpoint: Optional[str] = None,
    which: Optional[str] = None,
    device: Optional[str] = None,
) -> nn.Module:
    """Load a top-down estimator (:func:`load_estimator`), by default onto a GPU if any.

    Raises:
        UserError: As there, or the estimator takes whole images instead of boxes.
    """
    network = load_estimator(model, checkpoint, which, device or get_device())
    if network.cfg.get('data_mode', 'topdown') != 'topdown':
        raise UserError(
            f'{model} is a {network.cfg.model.type}, which takes no boxes: give a '
            'top-down estimator.'
        )
    return network


@torch.no_grad()
def predict(
    model: nn.Module, frames: Iterable[Frame], batch_size: int
) -> Iterator[tuple[Frame, Optional[list[dict]]]]:
    """Predict poses in the boxes of images, several images at a time.

    Args:
        model (nn.Module): A top-down estimator from :func:`load_estimator`.
        frames (Iterable[Frame]): The images.
        batch_size (int): Boxes per forward pass, and images in memory at a time.

    Yields:
        tuple[Frame, list[dict] | None]: An image and its instances, in order; None if a
        box cannot be cropped or a prediction is not finite.
    """
    pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)
    frames = iter(frames)
    while chunk := list(itertools.islice(frames, batch_size)):
        crops = [_crops(pipeline, model, frame) for frame in chunk]
        items = [item for own in crops if own is not None for item in own]
        samples = []
        for start in range(0, len(items), batch_size):
            batch = pseudo_collate(items[start : start + batch_size])
            samples += model.test_step(batch)
        in_order = iter(samples)
        for frame, own in zip(chunk, crops):
            if own is None:
                yield frame, None
                continue
            instances = [_to_instance(next(in_order)) for _ in own]
            yield frame, instances if all(map(_is_finite, instances)) else None


def _crops(pipeline: Compose, model: nn.Module, frame: Frame) -> Optional[list[dict]]:
    """Inputs of the network for each box; None if one cannot be cropped."""
    if not frame.has_boxes_within:
        return None
    try:
        return [pipeline(_sample(model, frame, box)) for box in frame.corners]
    except (cv2.error, np.linalg.LinAlgError, ValueError):
        return None


def _is_finite(instance: dict) -> bool:
    keys = ('keypoints', 'keypoint_scores', 'keypoints_3d')
    return all(np.isfinite(instance[key]).all() for key in keys if key in instance)


def _name_of(frame: Frame) -> str:
    number = '' if frame.frame_id is None else f', frame {frame.frame_id}'
    return frame.name + number


def _sample(model: nn.Module, frame: Frame, box: np.ndarray) -> dict:
    """Input of a model's test pipeline for one box [4]."""
    return dict(
        img=frame.image,
        img_path=frame.name,
        bbox=box[None],
        bbox_score=np.ones(1, np.float32),
        **model.dataset_meta,
    )


def _to_instance(sample: PoseDataSample) -> dict:
    """mmpose's dict of the one instance of a sample, with its 3D pose if it has one."""
    found = sample.pred_instances
    (instance,) = split_instances(found)
    if 'keypoints_3d' in found:
        instance['keypoints_3d'] = found.keypoints_3d[0].tolist()
        instance['camera'] = 'weak perspective'
    return instance

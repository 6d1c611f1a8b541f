"""The images to adapt to: folders, single images and videos, as one list."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np
from tqdm import tqdm

from mmpose_uda.adaptation.near_duplicates import Thinner
from mmpose_uda.datasets.image_folder import BOXES_FILE
from mmpose_uda.errors import UserError
from mmpose_uda.evenly import evenly
from mmpose_uda.inference.image_sources import (
    Frame,
    VideoFile,
    frame_name,
    load_frame,
    open_source,
)
from mmpose_uda.visualization import save_picture
from mmpose_uda.whole_files import write_whole

FEWEST = 10
_MOST_FRAMES = 2000  # of a video: about this many of those with a box are considered


@dataclass(frozen=True)
class TargetImage:
    """An image of the target.

    Args:
        path (str): Absolute path.
        size (tuple[int, int]): Width and height of the image as loaded, px.
        boxes (list[list[float]]): x, y, w, h, px.
    """

    path: str
    size: tuple[int, int]
    boxes: list[list[float]]


@dataclass
class Target:
    """All images of the target.

    Args:
        images (list[TargetImage]): Images that are used.
        skipped (list[str]): What did not decode, in words.
        found (int): Number of images that decode.
    """

    images: list[TargetImage] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    found: int = 0

    @property
    def duplicates(self) -> int:
        """Number of images left out because they are nearly the same as another."""
        return self.found - len(self.images)


def collect_target(paths: Sequence[str], out: Path) -> Target:
    """Find and decode the images, and leave out near-duplicates.

    Args:
        paths (Sequence[str]): Folders of images (a ``boxes.json`` in a folder is used, and
            images without a box in it are left out), images, or videos
            (``walk.boxes.json`` beside ``walk.mp4`` likewise).
        out (Path): Folder of the adaptation, whose images do not belong to the target.
            Frames of videos are written to ``frames`` in it; those from an earlier call
            with the same files are reused.

    Raises:
        UserError: A path does not exist or is ``out`` itself, or nothing decodes.
    """
    target, thinner = Target(), Thinner()
    for number, path in enumerate(paths):
        _check_apart(out, path)
        source = open_source(path, without=out)
        if isinstance(source, VideoFile):
            folder = out / 'frames' / f'{number}_{Path(path).stem}'
            frames, found, lost = _frames_of(source, folder)
            target.images += frames if len(paths) == 1 else _new(frames, thinner)
            target.found += found
            target.skipped += lost
        else:
            for frame in tqdm(source, total=len(source), unit='image', desc='reading'):
                if not len(frame.corners):
                    continue
                target.found += 1
                if thinner.is_new(frame.image):
                    target.images.append(_image(Path(path), frame))
            target.skipped += source.skipped
    if not target.found and not target.skipped:
        raise UserError(
            f'No image of {", ".join(paths)} has a box in its {BOXES_FILE}: add some, or '
            'remove the file to take whole images.'
        )
    if not target.found:
        raise UserError(
            f'None of the {len(target.skipped)} images of {", ".join(paths)} decodes, for '
            f'example {target.skipped[0]}: replace the files.'
        )
    return target


def _check_apart(out: Path, path: str) -> None:
    if out.resolve() == Path(path).resolve():
        raise UserError(
            f'--out {out} is the folder of the images, which would be mixed with those of '
            'the adaptation: name another, which may lie in it.'
        )


def _new(frames: Sequence[TargetImage], thinner: Thinner) -> list[TargetImage]:
    """Return frames of a video that are unlike images of other paths, such as its own.

    They are read again, because of frames from an earlier call only the names are known.
    """
    return [
        frame
        for frame in tqdm(frames, unit='frame', desc='comparing')
        if thinner.is_new(load_frame(frame.path, frame.boxes[0]).image)
    ]


def _image(path: Path, frame: Frame) -> TargetImage:
    folder = path if path.is_dir() else path.parent
    return TargetImage(
        path=str((folder / frame.name).absolute()),
        size=frame.image.shape[1::-1],
        boxes=_boxes(frame.boxes, frame.image.shape[1::-1]),
    )


def _boxes(boxes: Optional[np.ndarray], size: tuple[int, int]) -> list[list[float]]:
    return [[0, 0, *size]] if boxes is None else boxes.tolist()


def _frames_of(video: VideoFile, folder: Path) -> tuple[list[TargetImage], int, list[str]]:
    """Return frames of a video that differ, how many were considered, and what is lost.

    Frames without a box are skipped. The others are decoded once: an index beside them
    records which video they are from.
    """
    index = folder / 'frames.json'
    identity = _identity(video.path)
    total = len(video)
    if video.boxes is not None:
        boxed = sorted(name for name, boxes in video.boxes.items() if len(boxes))
        identity.append(boxed)
        total = len(boxed)
    noted = _read_index(index, identity)
    if noted is None:
        names, size, count, thinner = [], None, 0, Thinner()
        stride = max(1, total // _MOST_FRAMES)
        looked_at = itertools.islice(_with_box(video), 0, None, stride)
        total = -(-total // stride) or None
        for frame in tqdm(looked_at, total=total, unit='frame', desc='reading'):
            count += 1
            size = frame.image.shape[1::-1]
            if thinner.is_new(frame.image):
                name = frame_name(frame.frame_id)
                save_picture(folder / name, frame.image)
                names.append(name)
        noted = dict(
            video=identity, names=names, size=size, found=count, skipped=video.skipped
        )
        write_whole(index, json.dumps(noted))
    images = [
        TargetImage(
            path=str((folder / name).absolute()),
            size=tuple(noted['size']),
            boxes=_boxes(video.boxes_of(name), noted['size']),
        )
        for name in noted['names']
    ]
    return images, noted['found'], noted['skipped']


def _with_box(video: VideoFile) -> Iterator[Frame]:
    return (frame for frame in video if len(frame.corners))


def _identity(path: str) -> list[Any]:
    """What distinguishes a file from another of the same name."""
    stat = Path(path).stat()
    return [str(Path(path).absolute()), stat.st_size, stat.st_mtime_ns]


def _read_index(path: Path, identity: list[Any]) -> Optional[dict[str, Any]]:
    try:
        noted = json.loads(path.read_text('utf-8'))
    except (OSError, ValueError):
        return None
    is_same = noted.get('video') == identity and 'skipped' in noted
    return noted if is_same else None


def require_enough(target: Target, paths: Sequence[str]) -> None:
    """Refuse a target that nothing can be learned from.

    Args:
        target (Target): The images.
        paths (Sequence[str]): Where they come from.

    Raises:
        UserError: All are the same, or too few differ.
    """
    where = ', '.join(paths)
    if len(target.images) == 1 and target.found > 1:
        raise UserError(
            f'All {target.found} images of {where} are the same, so there is too little to '
            'learn from them: give different ones.'
        )
    if len(target.images) < FEWEST:
        raise UserError(
            f'{where} has {len(target.images)} different images, which are too few to '
            f'adapt to: give {FEWEST} or more.'
        )


def write_annotations(images: Sequence[TargetImage], path: Path) -> None:
    """Write a COCO-style file of images and boxes, without labels."""
    content: dict[str, list] = dict(images=[], annotations=[])
    for number, image in enumerate(images):
        width, height = image.size
        content['images'].append(
            dict(id=number, file_name=image.path, width=width, height=height)
        )
        for box in image.boxes:
            content['annotations'].append(
                dict(id=len(content['annotations']), image_id=number, bbox=box)
            )
    write_whole(path, json.dumps(content))


def load_frames(images: Sequence[TargetImage], most: int) -> list[Frame]:
    """Load frames of one box each, evenly chosen.

    Args:
        images (Sequence[TargetImage]): Images of a target.
        most (int): Largest number of frames.
    """
    pairs = [(image.path, box) for image in images for box in image.boxes]
    return [load_frame(*pairs[n]) for n in evenly(len(pairs), most)]

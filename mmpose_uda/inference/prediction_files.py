"""Output files of inference: pictures or a video, and JSON in mmpose's format."""

import errno
import json
from pathlib import Path, PurePosixPath
from typing import Any, Optional, Union

import cv2
import numpy as np
from tqdm import tqdm

from mmpose_uda.datasets.output_names import output_stems
from mmpose_uda.errors import check_writable, writing
from mmpose_uda.inference.image_sources import Frame, ImageFiles, ImageSource, VideoFile
from mmpose_uda.visualization import pose_extent, prediction_picture, save_picture
from mmpose_uda.whole_files import write_whole

PICTURES, PREDICTIONS = 'visualizations', 'predictions'  # as mmpose's inferencers


class ImagePredictions:
    """Writes ``visualizations/<name>.jpg`` and ``predictions/<name>.json`` for each image.

    The name is that of the image without its suffix; subfolders are kept
    (:func:`~mmpose_uda.datasets.output_names.output_stems`).

    Args:
        out (Path): The folder.
        source (ImageFiles): The images.
        metainfo (dict): mmpose's ``dataset_meta``.
    """

    def __init__(self, out: Path, source: ImageFiles, metainfo: dict):
        self.out = out
        self.metainfo = metainfo
        self._stems = output_stems(source.names)

    def write(self, frame: Frame, instances: list[dict]) -> None:
        """Write the picture and the predictions of an image."""
        name = self._stems[frame.name]
        picture = _draw(frame, instances, self.metainfo)
        save_picture(self.out / PICTURES / f'{name}.jpg', picture)
        write_json(self.out / PREDICTIONS / f'{name}.json', instances)

    def close(self, predictions: dict[str, list[dict]]) -> None:
        """Do nothing: all files are written already."""


class VideoPredictions:
    """Writes ``visualizations/<name>.mp4`` and ``predictions/<name>.json`` for a video.

    Args:
        out (Path): The folder.
        source (VideoFile): The video.
        metainfo (dict): mmpose's ``dataset_meta``.

    Raises:
        UserError: The files could not be written.
    """

    def __init__(self, out: Path, source: VideoFile, metainfo: dict):
        stem = PurePosixPath(source.name).stem
        self.source = source
        self.video = out / PICTURES / f'{stem}.mp4'
        self._partial = self.video.with_name(f'.{stem}.partial.mp4')
        self.json = out / PREDICTIONS / f'{stem}.json'
        self.metainfo = metainfo
        self._writer = None
        check_writable(self.video)
        check_writable(self.json)

    def write(self, frame: Frame, instances: list[dict]) -> None:
        """Do nothing: all frames have one size and one scale, which all poses decide."""

    def close(self, predictions: dict[str, list[dict]]) -> None:
        """Write the video and the predictions for all its frames.

        Raises:
            UserError: One of them cannot be written. If the disk is full, OpenCV reports
                nothing but leaves a video that cannot be opened.
        """
        entries = predictions[self.source.name]
        self._draw_all([entry['instances'] for entry in entries])
        self._writer.release()
        with writing(self.video):
            if not cv2.VideoCapture(str(self._partial)).isOpened():
                self._partial.unlink(missing_ok=True)
                raise OSError(errno.EIO, 'the video cannot be read again')
            self._partial.replace(self.video)
        write_json(self.json, entries)

    def _draw_all(self, instances: list[list[dict]]) -> None:
        """Draw the instances of each frame, with room for the most 3D poses of a frame."""
        poses = [_poses_3d(own) for own in instances]
        rows = max(map(len, poses))
        extents = [pose_extent(pose) for own in poses for pose in own]
        extent = max(extents, default=None)
        drawn = zip(self.source, instances)
        for frame, own in tqdm(drawn, 'video', len(instances), unit='frame'):
            picture = _draw(frame, own, self.metainfo, rows, extent)
            self._append(_with_even_sides(picture))

    def _append(self, picture: np.ndarray) -> None:
        if self._writer is None:
            codec = cv2.VideoWriter_fourcc(*'mp4v')
            size, fps = picture.shape[1::-1], self.source.fps
            with writing(self.video):
                self._writer = cv2.VideoWriter(str(self._partial), codec, fps, size)
                if not self._writer.isOpened():
                    raise OSError(errno.EIO, 'OpenCV cannot write MP4 there')
        self._writer.write(picture)


def prediction_files(
    out: Path, source: ImageSource, metainfo: dict
) -> Union[ImagePredictions, VideoPredictions]:
    """Return the writer for a source.

    Args:
        out (Path): The folder.
        source (ImageSource): The images or the video.
        metainfo (dict): mmpose's ``dataset_meta``.
    """
    kind = VideoPredictions if isinstance(source, VideoFile) else ImagePredictions
    return kind(out, source, metainfo)


def write_json(path: Path, content: Any) -> None:
    """Write predictions as mmpose's inferencers do.

    Raises:
        UserError: The file cannot be written.
    """
    text = json.dumps(content, indent='  ', default=_plain, allow_nan=False)
    with writing(path):
        write_whole(path, text)


def _plain(value: Any) -> Any:
    """Convert NumPy's numbers and arrays to plain numbers and lists."""
    return value.tolist()


def _poses_3d(instances: list[dict]) -> list[np.ndarray]:
    """The 3D poses [K, 3] of an image, mm."""
    return [np.array(i['keypoints_3d']) for i in instances if 'keypoints_3d' in i]


def _draw(
    frame: Frame,
    instances: list[dict],
    metainfo: dict,
    rows: Optional[int] = None,
    extent: Optional[float] = None,
) -> np.ndarray:
    return prediction_picture(
        frame.image,
        [np.array(instance['keypoints']) for instance in instances],
        metainfo,
        boxes=None if frame.boxes is None else frame.corners,
        keypoints_3d=_poses_3d(instances),
        extent=extent,
        rows=rows,
    )


def _with_even_sides(picture: np.ndarray) -> np.ndarray:
    """Pad to even sides, because video codecs halve the resolution of colours."""
    height, width = picture.shape[:2]
    return cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)

"""Images and masks from SURREAL's videos, for :class:`SURREAL3D`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from mmpose_uda.errors import UserError

from .at_once import done_at_once
from .base import PAGE
from .image_file import write_image
from .surreal_3d import SURREAL3D, SurrealClip, frames_to_read
from .video_frames import Clip, extract_frames


def extract_surreal(root: str, workers: int) -> Iterator[str]:
    """Make images and masks of the frames that :class:`SURREAL3D` reads, beside the videos.

    Splits, runs and segmentations that do not exist are skipped. An image that exists is
    not made again, so an interrupted run can be continued.

    Args:
        root (str): The folder of the data set.
        workers (int): Number of clips read at the same time.

    Yields:
        str: What was done, one sentence per split.

    Raises:
        UserError: A file is missing or damaged, or an image cannot be written.
    """
    folder = Path(root)
    found = [split for split in SURREAL3D.SPLITS if (folder / 'cmu' / split).exists()]
    if not found:
        raise UserError(
            f'The folder `{root}` has no `cmu/train`: it must hold SURREAL as\n'
            f'{SURREAL3D.TREE.strip()}\n({PAGE}).'
        )
    for split in found:
        dataset = SURREAL3D(root, split, lazy_init=True)
        work = partial(_extract_clip, dataset)
        counts = done_at_once(work, dataset.clips(split), workers, split, 'clip')
        total, new = np.sum(counts, axis=0)
        yield f'{split}: {total} images and masks, {new} of them new'


def _extract_clip(dataset: SURREAL3D, name: str) -> tuple[int, int]:
    """Return the number of images and masks, and how many of them are new."""
    root = Path(dataset.data_root)
    clip = SurrealClip(name, frames_to_read(dataset.split, len(dataset.joints(name))))
    video = root / f'{name}.mp4'
    dataset.require(f'{name}.mp4')
    new = extract_frames(Clip(video, {f: root / clip.image(f) for f in clip.frames}))
    segmentation = root / f'{name}_segm.mat'
    if not segmentation.exists():
        return len(clip.frames), new
    missing = [f for f in clip.frames if not (root / clip.mask(f)).exists()]
    if missing:
        try:
            content = loadmat(
                segmentation, variable_names=[f'segm_{f + 1}' for f in missing]
            )
            masks = [np.asarray(content[f'segm_{f + 1}'], np.uint8) for f in missing]
        except Exception as error:  # damaged files raise anything
            raise UserError(
                f'`{segmentation}` is not a MATLAB file with `segm_1` and so on, or is '
                f'damaged ({error!r}): unpack or download it again.'
            ) from error
        for frame, mask in zip(missing, masks):
            write_image(root / clip.mask(frame), mask)
    return 2 * len(clip.frames), new + len(missing)

"""Images from the videos of MPI-INF-3DHP, for :class:`MPIINF3DHP`."""

from collections.abc import Iterator
from pathlib import Path

from mmpose_uda.errors import UserError

from .at_once import done_at_once
from .base import PAGE
from .mpi_inf_3dhp import CAMERAS, FRAMES, MPIINF3DHP, STEP, TOO_SHORT, frame_image
from .video_frames import Clip, extract_frames


def extract_mpi_inf_3dhp(root: str, workers: int) -> Iterator[str]:
    """Extract every tenth frame of the training's videos as an image, beside them.

    An image that exists is not made again, so an interrupted run can be continued.

    Args:
        root (str): The folder of the data set.
        workers (int): Number of videos read at the same time.

    Yields:
        str: What was done, one sentence per sequence.

    Raises:
        UserError: A video is missing, damaged or short, or an image cannot be written.
    """
    clips = {sequence: _clips(Path(root), *sequence) for sequence in FRAMES}
    for clip in (clip for found in clips.values() for clip in found):
        if not clip.video.exists():
            raise UserError(
                f'There is no `{clip.video}`: the folder must hold MPI-INF-3DHP as\n'
                f'{MPIINF3DHP.TREE.strip()}\n({PAGE}).'
            )
    for (subject, sequence), found in clips.items():
        name = f'S{subject}/Seq{sequence}'
        new = sum(done_at_once(extract_frames, found, workers, name, 'video'))
        yield f'{name}: {sum(len(c.images) for c in found)} images, {new} of them new'


def _clips(root: Path, subject: int, sequence: int) -> list[Clip]:
    folder = f'S{subject}/Seq{sequence}'
    rows = range(0, FRAMES[subject, sequence], STEP)
    return [
        Clip(
            root / folder / f'imageSequence/video_{camera}.avi',
            {row: root / frame_image(folder, camera, row) for row in rows},
        )
        for camera in CAMERAS
        if (subject, sequence, camera) != TOO_SHORT
    ]

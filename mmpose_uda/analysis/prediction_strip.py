"""Draw a small picture of what an adaptation changed: ``tools/misc/draw_strip.py``."""

from pathlib import Path
from typing import Optional, Union

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from mmpose_uda.config import load_config, prepare_data, require, user_errors
from mmpose_uda.errors import UserError
from mmpose_uda.evenly import evenly
from mmpose_uda.visualization import pose_tiles, save_picture, strip
from mmpose_uda.visualization.tested_samples import (
    beside_labels,
    crop_picture,
)

_TITLES = dict(source='before adaptation', adapt='adapted')


def draw_strip(
    work_dir: Union[str, Path],
    out: Optional[Union[str, Path]] = None,
    images: Optional[list[int]] = None,
    width: int = 132,
) -> Path:
    """Draw target images with their poses before adaptation, after it, and as labelled.

    These are the three rows; each column is an image. 3D poses are drawn beside their
    image, seen from the side. The predictions are those that the training stored for its
    own ``predictions.jpg``.

    Args:
        work_dir (path): Work dir of a finished training whose config has an
            ``AdaptationPictureHook``.
        out (path, optional): Picture to write, .jpg or .png. Defaults to
            ``pictures/strip.jpg`` in the work dir.
        images (list[int], optional): Rows of ``predictions.jpg`` to show, from 0. Defaults
            to the first four, or three in 3D.
        width (int): Width of an image, px.

    Returns:
        Path: The picture.

    Raises:
        UserError: Something that the user can fix.
    """
    if width < 16:
        raise UserError(f'Images of {width} px show nothing: let --width be 16 or more.')
    folder = Path(work_dir)
    cfg = load_config(str(config_of(folder)))
    require(cfg, 'val_dataloader')
    found = _stored(folder)
    stored = len(found[_TITLES['adapt']]['keypoints'])
    default = 3 if 'keypoints_3d' in found[_TITLES['adapt']] else 4
    images = list(range(min(default, stored))) if images is None else images
    if not images or not all(0 <= one < stored for one in images):
        raise UserError(
            f'{folder} has predictions of the images 0 to {stored - 1}: let --images name '
            'some of these.'
        )
    found = {
        title: {key: values[images] for key, values in poses.items()}
        for title, poses in found.items()
    }
    with user_errors(cfg):
        dataset, samples = _samples(cfg, stored, images)
        pictures = [crop_picture(sample, width) for sample in samples]
        shown = beside_labels(pictures, samples, found)
        tiles = pose_tiles(metainfo=dataset.metainfo, width=width, **shown)
    return save_picture(out or folder / 'pictures' / 'strip.jpg', strip(tiles))


def config_of(folder: Path) -> Path:
    """Path of the config that a training stored beside its checkpoints."""
    if not folder.is_dir():
        raise UserError(f'There is no folder {folder}: name the work dir of a training.')
    configs = sorted(folder.glob('*.py'))
    if len(configs) != 1:
        names = ', '.join(path.name for path in configs) or 'none'
        raise UserError(
            f'{folder} should have one config, that of its training, but has {names}: name '
            'the work dir of one training.'
        )
    return configs[0]


def _stored(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Load the stored poses: title -> poses, before adaptation and after it."""
    found = {}
    for phase, title in _TITLES.items():
        path = folder / 'pictures' / f'predictions_{phase}.npz'
        if not path.exists():
            raise UserError(
                f'There is no {path}: name a training that has finished, with the phases '
                f'{" and ".join(_TITLES)} and an AdaptationPictureHook.'
            )
        with np.load(path) as file:
            found[title] = dict(file)
    return found


def _samples(cfg: Config, stored: int, images: list[int]) -> tuple:
    """The data set, and the chosen samples among those with stored predictions."""
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    prepare_data(cfg)
    dataset = DATASETS.build(cfg.val_dataloader.dataset)
    chosen = evenly(len(dataset), stored)
    return dataset, [dataset[chosen[one]]['data_samples'] for one in images]

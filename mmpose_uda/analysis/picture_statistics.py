"""Measure how sharp, noisy, bright and colourful the images of each domain are."""

from dataclasses import astuple, dataclass
from typing import Any, Optional

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose

from mmpose_uda.analysis.data_check.parts import Part, find_parts
from mmpose_uda.config import cropped_size, load_config, make_readable
from mmpose_uda.errors import UserError
from mmpose_uda.evenly import evenly
from mmpose_uda.markdown import table

_QUANTILES = (5, 50, 95)
# Second differences along both axes: in smooth regions they leave only noise.
_LAPLACIAN = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
_COLUMNS = ('data', 'crops', 'edges', 'noise', 'brightness', 'colourfulness')


@dataclass
class PictureStatistics:
    """Statistics of one picture, in grey levels from 0 to 255.

    Args:
        edges (float): 99th percentile of the differences between neighbouring pixels of a
            row.
        noise (float): Standard deviation of noise, estimated from the median absolute
            second difference (Immerkaer 1996, with the median instead of the mean).
        brightness (float): Mean grey level.
        colourfulness (float): Mean difference between the strongest and the weakest
            channel.
    """

    edges: float
    noise: float
    brightness: float
    colourfulness: float

    @classmethod
    def of(cls, picture: np.ndarray, inside: np.ndarray) -> 'PictureStatistics':
        """Measure one picture.

        Args:
            picture (np.ndarray): [H, W, 3], uint8 BGR.
            inside (np.ndarray): bool [H, W], true inside the image: a crop beyond its
                border is padded with black, whose edge must not count.
        """
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
        steps = np.abs(np.diff(grey, axis=1))[inside[:, 1:] & inside[:, :-1]]
        around = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        rest = np.abs(cv2.filter2D(grey, -1, _LAPLACIAN))[1:-1, 1:-1][around[1:-1, 1:-1]]
        return cls(
            float(np.percentile(steps, 99)),
            # the median of |x| is 0.6745 standard deviations; the kernel's norm is 6
            float(np.median(rest) / (0.6745 * 6)),
            float(grey[inside].mean()),
            float(np.ptp(picture, axis=2)[inside].mean()),
        )


def picture_table(
    config: str, images: int = 240, cfg_options: Optional[dict[str, Any]] = None
) -> str:
    """Return a Markdown table of picture statistics, one row per data set of a config.

    Boxes are cropped as in mmpose's tests, to the size of the network's input.

    Args:
        config (str): Path of a config. Built-in data are generated if missing.
        images (int): Number of boxes of each data set, at equal intervals in its order.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Raises:
        UserError: The config cannot be read, does not define a crop size, or names no
            readable data.
    """
    if images < 1:
        raise UserError(f'--images {images} measures nothing: use 1 or more.')
    cfg = load_config(config, cfg_options)
    size = cropped_size(cfg)
    if size is None:
        raise UserError(
            f'{config} defines no size of crops: add a TopdownAffine to a pipeline.'
        )
    make_readable(cfg)
    rows = []
    for part in find_parts(cfg):
        measured = _measured(part, cfg, images, size)
        quantiles = np.percentile(measured, _QUANTILES, axis=0).T
        cells = [' / '.join(f'{value:.1f}' for value in column) for column in quantiles]
        rows.append([part.role, str(len(measured)), *cells])
    return table(_COLUMNS, rows)


def _measured(part: Part, cfg: Config, images: int, size: tuple[int, int]) -> list[tuple]:
    part.read(cfg)
    if not part.infos:
        raise UserError(f'The {part.role} data of {cfg.filename} have no samples.')
    load = Compose([dict(type='LoadPoseImage')])
    crop = Compose(
        [
            dict(type='GetBBoxCenterScale'),
            dict(type='TopdownAffine', input_size=size),
        ]
    )
    measured = []
    for index in evenly(len(part.infos), images):
        loaded = load(part.dataset.get_data_info(index))
        white = dict(loaded, img=np.full_like(loaded['img'], 255))
        inside = crop(white)['img'].min(axis=2) == 255
        if inside.any():
            measured.append(astuple(PictureStatistics.of(crop(loaded)['img'], inside)))
    return measured

"""How sharp, noisy, bright and colourful the pictures of each domain are."""

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
# Second differences along both axes: of what is smooth they leave nothing but noise.
_LAPLACIAN = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
_COLUMNS = ('data', 'crops', 'edges', 'noise', 'brightness', 'colourfulness')


@dataclass
class PictureStatistics:
    """One picture in its grey levels, 0 to 255.

    Args:
        edges (float): Difference between neighbouring pixels of a row that 1 % of them
            exceed.
        noise (float): Standard deviation of noise, from the median of what second
            differences leave (Immerkaer 1996, with a median in the place of the mean).
        brightness (float): Mean.
        colourfulness (float): Mean difference between the strongest and the weakest
            channel.
    """

    edges: float
    noise: float
    brightness: float
    colourfulness: float

    @classmethod
    def of(cls, picture: np.ndarray, inside: np.ndarray) -> 'PictureStatistics':
        """Measure one.

        Args:
            picture (np.ndarray): [H, W, 3], uint8 BGR.
            inside (np.ndarray): bool [H, W], where it is picture: a crop over the edge of
                an image is filled with black, which ends in an edge of its own.
        """
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
        steps = np.abs(np.diff(grey, axis=1))[inside[:, 1:] & inside[:, :-1]]
        around = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        rest = np.abs(cv2.filter2D(grey, -1, _LAPLACIAN))[1:-1, 1:-1][around[1:-1, 1:-1]]
        return cls(
            float(np.percentile(steps, 99)),
            # the median of |x| is 0.6745 deviations; the kernel's own norm is 6
            float(np.median(rest) / (0.6745 * 6)),
            float(grey[inside].mean()),
            float(np.ptp(picture, axis=2)[inside].mean()),
        )


def picture_table(
    config: str, images: int = 240, cfg_options: Optional[dict[str, Any]] = None
) -> str:
    """Statistics of crops of all data sets of a config, each a row of a Markdown table.

    Crops are cut about the boxes as mmpose tests, in the size of the network's input.

    Args:
        config (str): Path of a config. Built-in data are made, unless they are there.
        images (int): How many boxes of each data set, at equal distances in its order.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Raises:
        UserError: The config cannot be read, has no size of crops, or names no data that
            can be read.
    """
    if images < 1:
        raise UserError(f'--images {images} looks at none: let it be 1 or more.')
    cfg = load_config(config, cfg_options)
    size = cropped_size(cfg)
    if size is None:
        raise UserError(
            f'{config} says no size of crops: let a pipeline have a TopdownAffine.'
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
        raise UserError(f'The {part.role} data have no sample.')
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

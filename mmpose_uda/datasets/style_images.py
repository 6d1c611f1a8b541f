"""Images of a folder as a source of style."""

from functools import lru_cache

import mmcv
import torch
from torch import Tensor

from mmpose_uda.datasets.image_folder import UnlabelledImageFolder
from mmpose_uda.random_keys import process_keys

_KEPT = 512  # images kept in memory: 75 MB at 256 x 192 px


class StyleImages:
    """Random images of a folder and its subfolders, all of one size.

    Draws use torch's CPU random state. Recently read images are kept in memory.

    Args:
        folder (str): The folder.

    Raises:
        UserError: The folder is missing or holds no images; or, when drawing, one of them
            does not decode.
    """

    def __init__(self, folder: str):
        self.images = UnlabelledImageFolder(
            data_root=folder, pipeline=[dict(type='LoadPoseImage')]
        )
        self._resized = lru_cache(_KEPT)(self._read_resized)

    def draw(self, count: int, size: tuple[int, int]) -> Tensor:
        """Draw images, possibly some more than once.

        Args:
            count (int): Number of images.
            size (tuple[int, int]): Height and width to stretch them to, px.

        Returns:
            Tensor: BGR uint8 [count, 3, height, width].
        """
        indices = (process_keys(count) % len(self.images)).tolist()
        return torch.stack([self._resized(index, *size) for index in indices])

    def _read_resized(self, index: int, height: int, width: int) -> Tensor:
        image = mmcv.imresize(self.images[index]['img'], (width, height))
        return torch.from_numpy(image).permute(2, 0, 1)

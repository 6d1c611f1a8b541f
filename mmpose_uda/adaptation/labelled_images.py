"""Labelled images of a folder, which are read only once."""

from contextlib import redirect_stdout
from functools import cached_property
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.evenly import evenly
from mmpose_uda.inference.image_sources import Frame, load_frame


class LabelledImages:
    """Labelled images of a folder, whose annotations are read when first asked for.

    Args:
        folder (SourceFolder): Their folder.
        metainfo (dict): Definition of the keypoints.
        require_3d (bool): Whether all instances must have poses in mm.
    """

    def __init__(
        self, folder: SourceFolder, metainfo: dict[str, Any], require_3d: bool = False
    ):
        self.folder = folder
        self.metainfo = metainfo
        self.require_3d = require_3d

    @cached_property
    def dataset(self) -> BaseDataset:
        """The data set.

        Raises:
            UserError: The annotations are not valid.
        """
        config = dict(
            type=self.folder.dataset,
            metainfo=self.metainfo,
            data_root=str(self.folder.root),
            ann_file=self.folder.train,
            data_prefix=dict(img=self.folder.images),
            pipeline=[],
        )
        if self.require_3d:
            config['require_3d'] = True
        with redirect_stdout(None):  # the reader of COCO's format prints its progress
            return DATASETS.build(config)

    @property
    def paths(self) -> list[str]:
        """Paths of the images, one per instance."""
        count = range(len(self.dataset))
        return [self.dataset.get_data_info(i)['img_path'] for i in count]

    def some(self, most: int) -> list[dict[str, Any]]:
        """At most ``most`` instances, evenly chosen, as mmpose's data sets have them."""
        chosen = evenly(len(self.dataset), most)
        return [self.dataset.get_data_info(i) for i in chosen]


def frame_of(info: dict[str, Any]) -> Frame:
    """Load the image of an instance, with its box."""
    x1, y1, x2, y2 = np.asarray(info['bbox'], np.float32)[0]
    return load_frame(info['img_path'], (x1, y1, x2 - x1, y2 - y1))

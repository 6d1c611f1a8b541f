"""Sizes are those that images have when training loads them."""

import mmcv
import numpy as np
import pytest
from PIL import Image

from mmpose_uda.datasets.coco_file import image_size
from mmpose_uda.datasets.image_size import size_when_loaded


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('orientation', [None, 1, 3, 5, 6, 8])
def test_a_size_is_that_of_the_loaded_image(tmp_path, suffix, orientation):
    path = str(tmp_path / f'photo{suffix}')
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(path, exif=exif)
    size = mmcv.imread(path).shape[1::-1]
    assert size == ((30, 40) if (orientation or 1) >= 5 else (40, 30))
    assert size_when_loaded(path) == image_size({}, path) == size


def test_what_an_annotation_file_says_goes_first():
    assert image_size(dict(width=7, height=5), 'nothing.jpg') == (7, 5)


def test_no_image(tmp_path):
    (tmp_path / 'text.jpg').write_text('no image')
    for name in ('text.jpg', 'none.jpg'):
        with pytest.raises(OSError):
            size_when_loaded(str(tmp_path / name))

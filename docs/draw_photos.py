"""Draw a strip of photographs with what two models find in them, one above the other.

python docs/draw_photos.py examples/hand_photos docs/images/hand_photos.jpg \\
    --models source_only/export adapted/export --titles 'renders alone' adapted \\
    --images 0_1118.jpg 1_1139.jpg
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from mmpose_uda.apis import infer
from mmpose_uda.inference.infer import load_top_down
from mmpose_uda.visualization import draw_skeleton, strip

WIDTH, HEIGHT = 130, 174  # of a picture, px
MARGIN = 1.35  # of it over the box
QUALITY = 80


def draw(photos, out, models, titles, images):
    """Write the strip.

    Args:
        photos (str): Folder of images, with the ``boxes.json`` of what is shown.
        out (str): Picture to write.
        models (list[str]): Exports.
        titles (list[str]): Of them.
        images (list[str]): Names of photographs.
    """
    rows = {}
    for model, title in zip(models, titles, strict=True):
        metainfo = load_top_down(model).dataset_meta
        found = infer(model, photos).predictions
        rows[title] = [_tile(Path(photos, name), *found[name], metainfo) for name in images]
    cv2.imwrite(str(out), strip(rows), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return out


def _tile(path, instance, metainfo):
    """A photograph about its box, with the pose that was found."""
    photo = cv2.imread(str(path))
    left, top, right, bottom = np.ravel(instance['bbox'])
    scale = min(WIDTH / (right - left), HEIGHT / (bottom - top)) / MARGIN
    shift = (np.array([WIDTH, HEIGHT]) - scale * np.array([left + right, top + bottom])) / 2
    onto = np.hstack([scale * np.eye(2), shift[:, None]])
    tile = cv2.warpAffine(
        photo, onto, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return draw_skeleton(tile, np.array(instance['keypoints']) * scale + shift, metainfo)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('photos')
    parser.add_argument('out')
    for option in ('--models', '--titles', '--images'):
        parser.add_argument(option, nargs='+', required=True)
    print(draw(**vars(parser.parse_args())))

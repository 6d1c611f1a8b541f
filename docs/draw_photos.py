"""Draw a strip of photographs before and after an adaptation, from its report.

python docs/draw_photos.py my_first/report.html docs/images/hand_photos.jpg --images 0 2 5
"""

import argparse
import base64
import re
from pathlib import Path

import cv2
import numpy as np

from mmpose_uda.visualization import save_picture
from mmpose_uda.visualization.canvas import PAPER, strip

_PICTURE = re.compile(r'src="data:image/jpeg;base64,([^"]+)"')
HEIGHT = 190  # px


def draw(report, out, images):
    """Write the strip.

    Args:
        report (str): Page of tools/adapt.py: pairs of before and after, most changed first.
        out (str): Picture to write.
        images (list[int]): Which of them.
    """
    found = [_decoded(text) for text in _PICTURE.findall(Path(report).read_text('utf-8'))]
    pairs = list(zip(found[::2], found[1::2]))
    width = max(
        round(HEIGHT * x.shape[1] / x.shape[0]) for x, _ in (pairs[i] for i in images)
    )
    before, after = zip(*([_fitted(one, width) for one in pairs[i]] for i in images))
    return save_picture(out, strip({'before adaptation': before, 'adapted': after}))


def _decoded(text):
    data = np.frombuffer(base64.b64decode(text), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def _fitted(image, width):
    """As high as all others, on paper as wide as the widest."""
    own = round(image.shape[1] * HEIGHT / image.shape[0])
    image = cv2.resize(image, (own, HEIGHT), interpolation=cv2.INTER_AREA)
    left = (width - own) // 2
    sides = (left, width - own - left)
    return cv2.copyMakeBorder(image, 0, 0, *sides, cv2.BORDER_CONSTANT, value=PAPER)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('report')
    parser.add_argument('out')
    parser.add_argument('--images', type=int, nargs='+', default=[0, 1, 2, 3])
    args = parser.parse_args()
    print(draw(args.report, args.out, args.images))

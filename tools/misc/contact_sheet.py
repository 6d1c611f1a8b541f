"""Lay pictures of a built-in data set side by side, source above target.

python tools/misc/contact_sheet.py data/builtin_hand docs/images/builtin_hand.jpg
"""

import argparse
import json
import os.path as osp

import cv2
import numpy as np

GAP = 8  # px between the domains


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('root', help='folder with rendered/ and photo/')
    parser.add_argument('out', help='picture to write')
    parser.add_argument('--split', choices=['train', 'test'], default='train')
    parser.add_argument('--columns', type=int, default=9)
    parser.add_argument('--rows', type=int, default=3, help='of each domain')
    parser.add_argument('--draw-every', type=int, default=5, help='draw keypoints on')
    parser.add_argument('--quality', type=int, default=78, help='of the JPEG')
    return parser.parse_args()


def draw_keypoints(image, keypoints, skeleton):
    """Draw bones, seen keypoints yellow and hidden ones red, for keypoints [K, 3]."""
    points = [tuple(int(round(v)) for v in p[:2]) for p in keypoints]
    for start, end in skeleton:
        cv2.line(image, points[start], points[end], (0, 220, 0), 1, cv2.LINE_AA)
    for point, flag in zip(points, keypoints[:, 2]):
        colour = (0, 255, 255) if flag == 2 else (0, 0, 255)
        cv2.circle(image, point, 1, colour, -1, cv2.LINE_AA)


def domain_rows(root, split, columns, rows, draw_every):
    """The first pictures of a domain as one picture."""
    with open(osp.join(root, 'annotations', f'{split}.json')) as file:
        data = json.load(file)
    skeleton = data['categories'][0]['skeleton']
    tiles = []
    for info, label in zip(data['images'], data['annotations']):
        if len(tiles) == columns * rows:
            break
        path = osp.join(root, 'images', info['file_name'])
        image = cv2.imread(path)
        if image is None:
            raise FileNotFoundError(f'{path} cannot be read')
        if len(tiles) % draw_every == 0:
            keypoints = np.reshape(label['keypoints'], (-1, 3))
            draw_keypoints(image, keypoints, skeleton)
        tiles.append(image)
    tiles += [np.zeros_like(tiles[0])] * (columns * rows - len(tiles))
    lines = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(lines)


def main():
    args = parse_args()

    # imported late: it takes seconds, which --help and misspelt arguments need not
    from mmpose_uda import UserError
    from mmpose_uda.apis.command_line import exit_codes

    layout = args.split, args.columns, args.rows, args.draw_every
    with exit_codes():
        try:
            sheets = [
                domain_rows(osp.join(args.root, domain), *layout)
                for domain in ('rendered', 'photo')
            ]
        except FileNotFoundError as error:
            raise UserError(
                f'{args.root} is no built-in data set ({error}): run '
                '`python tools/misc/make_builtin_data.py`.'
            ) from error
        gap = np.full((GAP, sheets[0].shape[1], 3), 255, np.uint8)
        sheet = np.vstack([sheets[0], gap, sheets[1]])
        if not cv2.imwrite(args.out, sheet, [cv2.IMWRITE_JPEG_QUALITY, args.quality]):
            raise UserError(f'{args.out} cannot be written: choose another file.')


if __name__ == '__main__':
    main()

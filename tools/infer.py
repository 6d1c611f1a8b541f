"""Predict poses in images or a video, draw them, and write them as JSON.

python tools/infer.py work_dirs/hand_3d/export my_photos --out predicted

OUT/visualizations gets the pictures (for a video, an .mp4) and OUT/predictions the JSON
files in the format of mmpose's inferencers; 3D poses are added as keypoints_3d (mm,
relative to the root). Both mirror the folder structure of the input.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'model', help="an export (folder or its config.py), or a training's config"
    )
    parser.add_argument('inputs', help='an image, a folder of images, or a video')
    parser.add_argument('--out', required=True, metavar='DIR', help='folder to write')
    parser.add_argument(
        '--checkpoint',
        metavar='CKPT',
        help='weights for a config, default the last in its work dir',
    )
    parser.add_argument(
        '--which',
        choices=['teacher', 'student'],
        help="network to predict with, default the training config's test_network",
    )
    parser.add_argument(
        '--boxes',
        metavar='JSON',
        help='{"name.jpg": [x, y, w, h]} in px; default: the boxes.json of a folder or '
        'walk.boxes.json beside walk.mp4, else whole images',
    )
    parser.add_argument('--batch-size', type=int, default=8, help='boxes per batch')
    parser.add_argument('--device', help='such as cuda:0; default: a GPU if there is one')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import infer
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        found = infer(**args)
        print(f'Predicted: {len(found.predictions)}, in {args["out"]}.')
        if found.skipped:
            names = ', '.join(found.skipped)
            why = 'because they do not decode, or a box is outside or cannot be predicted'
            print(f'Skipped, {why}: {len(found.skipped)} ({names}).')


if __name__ == '__main__':
    main()

"""Draw a small picture of what a training changed: before adaptation, adapted, label.

python tools/misc/draw_strip.py work_dirs/hand_3d --out strip.jpg
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('work_dir', help='work dir of a finished training')
    parser.add_argument('--out', help='picture to write, default pictures/strip.jpg in it')
    parser.add_argument(
        '--images',
        type=int,
        nargs='+',
        metavar='ROW',
        help='rows of its predictions.jpg, from 0; default the first',
    )
    parser.add_argument('--width', type=int, default=132, help='width of an image, px')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import draw_strip
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        print(f'{draw_strip(**args)} is written.')


if __name__ == '__main__':
    main()

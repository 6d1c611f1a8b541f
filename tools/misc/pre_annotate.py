"""Write predictions as a COCO-style file to correct, the most uncertain images first.

python tools/misc/pre_annotate.py adapted/export my_photos --out annotations.json --num 50

CVAT reads it as "COCO Keypoints 1.0". Save the corrected file beside the images, and
pass it to tools/adapt.py as --labelled.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('model', help='an export (folder or its config.py), or a config')
    parser.add_argument('images', help='a folder of images, or an image')
    parser.add_argument('--out', required=True, metavar='JSON', help='file to write')
    parser.add_argument('--checkpoint', metavar='CKPT', help='weights of a config')
    parser.add_argument(
        '--boxes',
        metavar='JSON',
        help='{"name.jpg": [x, y, w, h]} in px; default: the boxes.json of a folder, '
        'else whole images',
    )
    parser.add_argument('--num', type=int, help='number of images, default all')
    parser.add_argument('--device', help='such as cuda:0; default: a GPU if there is one')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import pre_annotate
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        count = pre_annotate(**args)
        print(f'{count} images in {args["out"]}, the most uncertain first.')


if __name__ == '__main__':
    main()

"""Write a config that adapts a stock mmpose config to a folder of images.

python tools/misc/convert_config.py mmpose::body_2d_keypoint/topdown_heatmap/coco/\
td-hm_res50_8xb64-210e_coco-256x192.py --target my_photos [--source my_people]

The source is a folder with annotations/train.json (COCO-style; val.json beside it is used
for validation) and images/; without it, the stock config's own data is used. Edit the
written config, then train it with tools/train.py.
"""

import argparse
import shlex


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('base', metavar='BASE_CONFIG', help='a path, or mmpose::...')
    parser.add_argument(
        '--target', required=True, help='unlabelled images, with boxes.json if any'
    )
    parser.add_argument('--source', help='folder of labelled images')
    parser.add_argument('--out', help='file to write, default <base>_adapted.py')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.convert.convert_config import convert_config

    with exit_codes():
        path = convert_config(**args)
        command = f'mmpose_uda train {shlex.quote(str(path))}'
        print(f'{path} is written: read and edit it, then {command}')


if __name__ == '__main__':
    main()

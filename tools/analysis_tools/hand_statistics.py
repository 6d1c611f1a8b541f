"""Compare in a table how hands are posed and seen in labelled data sets.

python tools/analysis_tools/hand_statistics.py rendered/annotations/train.json tune.json
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'files',
        nargs='+',
        metavar='FILE.json',
        help='COCO-style annotations with `keypoints_3d` of 21 joints',
    )
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.analysis.hand_statistics import hand_statistics
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        print(hand_statistics(**args), end='')


if __name__ == '__main__':
    main()

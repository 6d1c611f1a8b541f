"""Show in a table which poses files of people contain: tilted trunks, joint angles.

python tools/analysis_tools/pose_statistics.py data/people/annotations/train.json

Compare a source with labels of a target, or with another estimator's predictions on it:
poses that the source lacks are not learned. Angles are those in the image, in degrees, as
5th / 50th / 95th percentiles.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('ann_files', nargs='+', help='COCO-style files with keypoints')
    return parser.parse_args()


def main():
    ann_files = parse_args().ann_files

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.analysis.pose_statistics import pose_table
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        print(pose_table(ann_files), end='')


if __name__ == '__main__':
    main()

"""Which poses files of people hold, as rows of a table: trunks that tilt, angles.

python tools/analysis_tools/pose_statistics.py data/people/annotations/train.json

Compare a source with labels of a target, or with readings of another estimator there:
poses that the source lacks are not learned. Angles are those in the image, as 5th / 50th
/ 95th percentile in degrees.
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

    # imported late: it takes seconds, which --help and misspelt arguments need not
    from mmpose_uda.analysis.pose_statistics import pose_table
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        print(pose_table(ann_files), end='')


if __name__ == '__main__':
    main()

"""Crop the images of Human3.6M to the people, for the data set Human36MRGB.

python tools/dataset_converters/h36m_crops.py data/Human36M --workers 8

The folder holds annotations/Human36M_subject1_{camera,data,joint_3d}.json, the same of
subjects 5, 6, 7, 8, 9 and 11, and images/ (the page 'Public data sets' of the
documentation). Every fifth image is cropped to 1.5 times its keypoints and 512 px, into
crop_images/. The same command goes on where it was stopped.
"""

import argparse
import os


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('root', help='folder of the data set')
    parser.add_argument(
        '--workers',
        type=int,
        default=os.cpu_count(),
        help='images that are cropped at the same time; default: one a core',
    )
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments need not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.datasets.published.h36m_conversion import convert_h36m

    with exit_codes():
        for done in convert_h36m(**args):
            print(done)


if __name__ == '__main__':
    main()

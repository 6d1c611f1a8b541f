"""Crop the images of Human3.6M to the people, for the data set Human36MRGB.

python tools/dataset_converters/h36m_crops.py data/Human36M --workers 8

The folder holds annotations/Human36M_subject1_{camera,data,joint_3d}.json, the same for
subjects 5, 6, 7, 8, 9 and 11, and images/ (the page 'Public data sets' of the
documentation). Every fifth image is cropped to 1.5 times the extent of its keypoints,
scaled to 512 px and written to crop_images/. Repeat the command to continue where it was
stopped.
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
        help='images to crop at the same time; default: one per core',
    )
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.datasets.published.h36m_conversion import convert_h36m

    with exit_codes():
        for done in convert_h36m(**args):
            print(done)


if __name__ == '__main__':
    main()

"""Write the labels of a DeepLabCut project as a COCO-style file, for PoseDataset.

python tools/dataset_converters/deeplabcut.py my_project

The labels of all videos go into my_project/coco.json, or --out; images stay where they are.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('project', help='folder of the project')
    parser.add_argument('--out', help='file to write; default coco.json in the project')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.datasets.deeplabcut import convert_deeplabcut

    with exit_codes():
        print(convert_deeplabcut(**args))


if __name__ == '__main__':
    main()

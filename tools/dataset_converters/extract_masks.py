"""Make foreground masks for images that have none, with GrabCut seeded by the boxes.

python tools/dataset_converters/extract_masks.py my_photos --boxes boxes.json
python tools/dataset_converters/extract_masks.py my_data --ann-file annotations/train.json

The first form is for a folder of images, with a box or boxes per image or none (whole
images), for UnlabelledImageFolder(masks='masks'). The second is for a COCO-style data set:
a copy of the annotation file that names the masks is written beside it, for
PoseDataset(data_prefix=dict(img='images/', mask='masks/'), masks=True). Of the labels, only
the box is used. Look at the contact sheet before you trust the masks. Their folder gets a
`.nomedia`, by which other commands know that it holds no photographs.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('root', help='folder of the data set')
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--boxes', help='JSON of boxes by image, relative to the folder')
    source.add_argument('--ann-file', help='COCO-style JSON, relative to the folder')
    parser.add_argument('--images', default='images', help='image folder, with --ann-file')
    parser.add_argument('--masks', default='masks', help='folder to write, below the root')
    parser.add_argument('--sheet', help='contact sheet to write; default: in that folder')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.apis.extract_masks import extract_masks

    with exit_codes():
        print(extract_masks(**args))


if __name__ == '__main__':
    main()

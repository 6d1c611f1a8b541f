"""Adapt a trained model to photographs or videos without labels, and judge the result.

python tools/adapt.py work_dirs/hand_3d/export --target my_photos --out adapted
python tools/adapt.py mmpose::body_2d_keypoint/topdown_heatmap/coco/\
td-hm_res50_8xb64-210e_coco-256x192.py --checkpoint r50.pth --target walk.mp4 --out adapted

OUT gets config.py (to read and edit), export/ (a plain model), report.html and
summary.json; the last line printed is the verdict. Repeat the command to continue a run
that was stopped.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('model', help='an export (folder), or an mmpose config')
    parser.add_argument(
        '--target',
        required=True,
        nargs='+',
        metavar='PATH',
        help='folders of images (a boxes.json in one is used), images or videos '
        '(a walk.boxes.json beside walk.mp4 is used)',
    )
    parser.add_argument('--out', required=True, metavar='DIR', help='folder to write')
    parser.add_argument('--checkpoint', metavar='CKPT', help='weights of a config')
    parser.add_argument(
        '--source', metavar='FOLDER', help='labelled images that the model was trained on'
    )
    parser.add_argument('--minutes', type=float, help='about how many minutes it may take')
    parser.add_argument('--iters', type=int, help='steps; default: from the image count')
    parser.add_argument(
        '--labelled',
        metavar='JSON',
        help='COCO-style file of some annotated target images, to evaluate on',
    )
    parser.add_argument(
        '--train-on-labelled',
        action='store_true',
        help='also train on those images, as on a source',
    )
    parser.add_argument('--seed', type=int, default=0, help='default 0')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import adapt
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        summary = adapt(**args)
        print(f'The report: {args["out"]}/report.html')
        print(f'The export: {summary["export"]}, {summary["exported"]}')
        print(summary['verdict'])


if __name__ == '__main__':
    main()

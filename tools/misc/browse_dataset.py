"""Draw the data of a config as they reach the networks.

python tools/misc/browse_dataset.py configs/uda/hand_3d.py --out data.jpg

Each row is a draw: each whole image, with its boxes in white and the outlines of its views
in their colours, and beside it these views. A target's labels are not shown, because the
training does not see them; --split val or test shows the labelled data for evaluation.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config')
    parser.add_argument('--out', help='picture to write, default in the work dir')
    parser.add_argument('--num', type=int, default=8, help='rows (draws)')
    parser.add_argument('--split', choices=['train', 'val', 'test'], default='train')
    parser.add_argument(
        '--views', nargs='+', metavar='VIEW', help='such as target_student; default all'
    )
    parser.add_argument('--checkpoint', help='show how its teacher labels the target views')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import browse_dataset
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes():
        args['cfg_options'] = parse_options(args['cfg_options'])
        print(f'{browse_dataset(**args)} is written.')


if __name__ == '__main__':
    main()

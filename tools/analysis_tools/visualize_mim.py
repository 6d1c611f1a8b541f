"""Draw what masked modelling does: input, mask, reconstruction, foreground, attention.

python tools/analysis_tools/visualize_mim.py configs/uda/hand_3d.py CHECKPOINT mim.jpg
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='the config that was trained')
    parser.add_argument('checkpoint', help='a checkpoint of that training')
    parser.add_argument('out', help='picture to write, .jpg or .png')
    parser.add_argument('--view', default='target_student', help='view to show images of')
    parser.add_argument('--num-images', type=int, default=8)
    parser.add_argument('--seed', type=int, default=0, help='seed of images and masks')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.analysis.visualize_mim import visualize_mim
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes():
        args['cfg_options'] = parse_options(args['cfg_options'])
        print(visualize_mim(**args))


if __name__ == '__main__':
    main()

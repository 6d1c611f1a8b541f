"""Measure how sharp, noisy, bright and colourful the crops of a config's data are.

python tools/analysis_tools/picture_statistics.py configs/uda/human_2d.py

Compare the source with the target: what the source never shows, such as noise, is not
learned. Figures are in grey levels from 0 to 255, as 5th / 50th / 95th percentiles.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config')
    parser.add_argument(
        '--images', type=int, default=240, metavar='N', help='boxes per data set'
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.analysis.picture_statistics import picture_table
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes():
        args['cfg_options'] = parse_options(args['cfg_options'])
        print(picture_table(**args), end='')


if __name__ == '__main__':
    main()

"""Check the data of a config before a long run.

python tools/misc/check_data.py configs/uda/hand_3d.py

It prints what the config needs and what its data sets contain, then one sentence per
problem; the exit status is 2 if there is any problem.
"""

import argparse
import sys


def number_or_all(text):
    return text if text == 'all' else int(text)


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config')
    parser.add_argument(
        '--images',
        type=number_or_all,
        default='all',
        metavar='all|N',
        help='how many images of each data set to decode, default all',
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.analysis.data_check import print_report
    from mmpose_uda.apis import check_data
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes():
        args['cfg_options'] = parse_options(args['cfg_options'])
        report = check_data(**args)
        print_report(report)
        for problem in report.problems:
            print(f'error: {problem}', file=sys.stderr)
        sys.exit(2 if report.problems else 0)


if __name__ == '__main__':
    main()

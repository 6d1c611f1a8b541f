"""Evaluate a checkpoint on the test data of its config.

python tools/test.py configs/uda/hand_3d.py CHECKPOINT
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='the config that was trained')
    parser.add_argument('checkpoint', help='a checkpoint of that training')
    parser.add_argument(
        '--which',
        choices=['teacher', 'student'],
        help="network to evaluate, default the config's test_network",
    )
    parser.add_argument('--work-dir', help='folder for the log')
    parser.add_argument('--out', metavar='FILE', help='write the results as JSON')
    parser.add_argument(
        '--dump-submission',
        metavar='FILE.zip',
        help="instead of scoring, write the predictions for FreiHAND's or HO-3D's server",
    )
    parser.add_argument(
        '--target-statistics',
        action='store_true',
        help='re-estimate BatchNorm on target training images first (AdaBN)',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='change the config, as in test_dataloader.batch_size=8',
    )
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none'
    )
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import evaluate
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes():
        args['cfg_options'] = parse_options(args['cfg_options'])
        evaluate(**args)


if __name__ == '__main__':
    main()

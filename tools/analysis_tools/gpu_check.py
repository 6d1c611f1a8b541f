"""Check that everything runs on this machine's GPU, and how fast, in under eight minutes.

python tools/analysis_tools/gpu_check.py

It needs no data. It runs short trainings in all precisions, compiled and through NCCL,
resuming, export and inference, and then times a step; each check in its own process. It
ends with a table and OUT/gpu_check.json; the exit status is 0 if all checks passed.
"""

import argparse
import sys
from pathlib import Path


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--device',
        choices=['cuda', 'cpu'],
        default='cuda',
        help='cpu: only a few checks, for a machine without a GPU',
    )
    parser.add_argument(
        '--out',
        default='work_dirs/gpu_check',
        metavar='DIR',
        help='folder for runs, logs and the JSON, default work_dirs/gpu_check',
    )
    return parser.parse_args()


def main():
    args = parse_args()
    from mmpose_uda.analysis import gpu_check
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        device = gpu_check.describe_device(args.device)
        folder = Path(args.out).absolute()
        gpu_check.link_checkout(Path(__file__).parents[2], folder)
        checks = gpu_check.checks_for(args.device, folder)
        outcomes = gpu_check.run_checks(checks, folder, gpu_check.environment(args.device))
        passed = gpu_check.report(outcomes, device, folder / 'gpu_check.json')
    sys.exit(0 if passed else 1)


if __name__ == '__main__':
    main()

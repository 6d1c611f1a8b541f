"""Profile the training step of a config, as in the runner, with torch.profiler.

python tools/analysis_tools/profile_step.py configs/uda/human_2d.py

It prints the costliest operators, what waits for a value from the device and where, and
whether the number of operators grows with the batch, as a loop over samples would make it.
"""

import argparse
import tempfile


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of an adaptation')
    parser.add_argument('--batch-size', type=int, default=8)
    return parser.parse_args()


def main():
    args = parse_args()
    from mmpose_uda.analysis.profile import profile_config
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes(), tempfile.TemporaryDirectory() as work_dir:
        small, large = (
            profile_config(args.config, size, work_dir)
            for size in (args.batch_size, 2 * args.batch_size)
        )
        print(large.table)
        for wait, count in large.waits.most_common():
            print(f'{wait.owner} waits at {wait.place} for {wait.operator}: {count}')
        for size, found in ((args.batch_size, small), (2 * args.batch_size, large)):
            print(
                f'batch of {size}: {found.operators.total()} operators, waits in '
                f'mmengine: {found.waits_of_mmengine}, elsewhere: {found.other_waits}'
            )


if __name__ == '__main__':
    main()

"""Train a method and its controls over seeds and tabulate the results.

python tools/analysis_tools/ablation.py configs/uda/hand_3d.py --seeds 0 1 2
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of a built-in benchmark')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--variants', nargs='+', help='default: all')
    parser.add_argument(
        '--out', default='work_dirs/ablation', help='folder of the runs'
    )
    parser.add_argument(
        '--jobs', type=int, default=1, help='runs at a time, one thread each if over 1'
    )
    return parser.parse_args()


def main():
    args = parse_args()
    from mmpose_uda.apis.ablation import collect, markdown_table, run_variants
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.apis.controls import CONTROLS
    from mmpose_uda.apis.mean_pose import mean_pose_baseline

    with exit_codes():
        variants = args.variants or list(CONTROLS)
        run_variants(args.config, args.seeds, variants, args.out, args.jobs)
        constants = {'mean source pose, no image': mean_pose_baseline(args.config)}
        results = collect(args.out, args.seeds)
        table = markdown_table(
            results, constants, lower_is_better=('MPJPE', 'PA-MPJPE')
        )
        with open(f'{args.out}/table.md', 'w') as file:
            file.write(table)
        print(table)


if __name__ == '__main__':
    main()

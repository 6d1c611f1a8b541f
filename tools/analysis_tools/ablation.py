"""Train a method, its controls and its ablations over seeds; table, JSON and chart.

python tools/analysis_tools/ablation.py configs/uda/hand_3d.py --seeds 0 1 2
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of a benchmark')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument(
        '--variants',
        nargs='+',
        help='source_weak, source_strong, full, oracle, only_<part>, without_<part>, '
        'with_<extra>; default: all of these, or only full with --lengths; also '
        'source_free (with source_start, the model that it starts from)',
    )
    parser.add_argument(
        '--lengths',
        type=int,
        nargs='+',
        default=[1],
        metavar='TIMES',
        help='run each variant with this many times the adaptation steps, such as 1 3 10',
    )
    parser.add_argument(
        '--share',
        type=float,
        default=1.0,
        help='share of the steps of all phases, with ramps and schedules to match: 0.25 '
        'takes a quarter of the time; default 1',
    )
    parser.add_argument(
        '--out',
        help='folder for runs and results; default work_dirs/ablation/<config>, with '
        '_<share> appended if --share is not 1',
    )
    parser.add_argument(
        '--jobs',
        type=int,
        help='runs at a time, default 1: one per GPU, or on a CPU with one thread each if '
        'more than 1; with --launcher slurm, default all',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'slurm'],
        default='none',
        help='where to run: on this machine, or each run as a Slurm job (the page '
        "'Several processes, stops and resuming' of the documentation)",
    )
    return parser.parse_args()


def main():
    args = parse_args()
    import json
    from pathlib import Path

    from mmpose_uda.analysis.ablation import collect, collect_starts, run_variants
    from mmpose_uda.analysis.ablation_report import AblationReport
    from mmpose_uda.analysis.lengths import with_length
    from mmpose_uda.analysis.mean_pose import mean_pose_baseline
    from mmpose_uda.analysis.variants import variant_names
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.config import load_config
    from mmpose_uda.errors import check_writable
    from mmpose_uda.whole_files import write_whole

    with exit_codes():
        ending = '' if args.share == 1 else f'_{args.share:g}'
        folder = f'{Path(args.config).stem}{ending}'
        out = Path(args.out or Path('work_dirs/ablation', folder))
        by_default = ['full'] if args.lengths != [1] else None
        variants = args.variants or by_default or variant_names(load_config(args.config))
        variants = [with_length(one, times) for one in variants for times in args.lengths]
        for name in ('table.md', 'results.json', 'chart.png'):
            check_writable(out / name)
        run_variants(
            args.config,
            args.seeds,
            variants,
            out,
            args.jobs,
            args.launcher,
            args.share,
            tell=print,
        )
        results = collect(args.config, out, args.seeds)
        report = AblationReport(
            results,
            {'mean source pose, no image': mean_pose_baseline(args.config)},
            starts=collect_starts(out, list(results), args.seeds),
        )
        short = f'{args.share:g} of the steps of all phases.\n\n'
        page = report.markdown() if args.share == 1 else short + report.markdown()
        found = dict(share=args.share, **report.as_dict())
        write_whole(out / 'table.md', page)
        write_whole(out / 'results.json', json.dumps(found, indent=2))
        report.save_chart(out / 'chart.png')
        print(page)


if __name__ == '__main__':
    main()

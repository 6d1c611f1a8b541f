"""Make controlled adaptations, good and sabotaged, and count how often verdicts are right.

python tools/analysis_tools/calibrate_verdict.py --out work_dirs/calibration
python tools/analysis_tools/calibrate_verdict.py --out work_dirs/calibration \
    --real configs/uda/hand_3d.py=my_hands configs/uda/human_2d.py=my_people

The same command goes on where it was stopped. OUT/table.md has a line a run, the confusion
matrices of the half that fixes thresholds and of the one that is held out, and thresholds
that fit the first; those in use are in mmpose_uda/adaptation/verdict.py. A folder of
--real has train.json (images and boxes), test.json (with labels) and images/.
"""

import argparse

CONFIGS = [f'configs/uda/{name}.py' for name in ('human_2d', 'animal_2d', 'hand_3d')]


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--out', required=True, help='folder of runs and results')
    parser.add_argument('--configs', nargs='+', default=CONFIGS, metavar='CONFIG')
    parser.add_argument('--real', nargs='+', default=[], metavar='CONFIG=FOLDER')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1])
    parser.add_argument(
        '--fit-seeds',
        type=int,
        nargs='+',
        default=[0],
        help='those whose rendered benchmarks fix thresholds; the rest is held out',
    )
    parser.add_argument('--iters', type=int, default=200, help='steps of an adaptation')
    parser.add_argument('--cases', nargs='+', help='default: all')
    return parser.parse_args()


def main():
    args = parse_args()

    # imported late: it takes seconds, which --help and misspelt arguments need not
    from pathlib import Path

    from mmpose_uda.adaptation.calibration import (
        CASES,
        Calibration,
        builtin_benchmark,
        real_benchmark,
    )
    from mmpose_uda.adaptation.confusion import report
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.errors import UserError, check_writable
    from mmpose_uda.whole_files import write_whole

    with exit_codes(resumable=False):
        out = Path(args.out)
        check_writable(out / 'table.md')
        benchmarks = [builtin_benchmark(config) for config in args.configs]
        for pair in args.real:
            config, equals, folder = pair.partition('=')
            if not equals:
                raise UserError(f'--real {pair} is not CONFIG=FOLDER: write it so.')
            benchmarks.append(real_benchmark(config, folder))
        calibration = Calibration(
            benchmarks, args.seeds, out, args.iters, args.cases or tuple(CASES)
        )
        page, suggested = report(calibration.run(), args.fit_seeds)
        write_whole(out / 'table.md', page)
        print(page)
        print(f'Thresholds that fit best: {suggested}')


if __name__ == '__main__':
    main()

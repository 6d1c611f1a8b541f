"""Make controlled adaptations, good and sabotaged, and count how often verdicts are right.

OMP_NUM_THREADS=1 python tools/analysis_tools/calibrate_verdict.py --out calibration \
    --real configs/uda/hand_3d.py=my_hands configs/uda/human_2d.py=my_people

The runs are those of mmpose_uda/adaptation/calibration_plan.py, one after the other, from
one model per benchmark. Repeat the command to continue where it was stopped. After each run
OUT/table.md has a line per run, the confusion matrices of the half that fixes thresholds
and of the held-out half, and the thresholds that fit the first half best; those in use are
in mmpose_uda/adaptation/verdict.py. A folder of --real has train.json (images and boxes),
tune.json (with labels that may fix thresholds), test.json (with others) and images/.
"""

import argparse

CONFIGS = [f'configs/uda/{name}.py' for name in ('human_2d', 'animal_2d', 'hand_3d')]


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--out', required=True, help='folder for runs and results')
    parser.add_argument('--configs', nargs='+', default=CONFIGS, metavar='CONFIG')
    parser.add_argument('--real', nargs='+', default=[], metavar='CONFIG=FOLDER')
    parser.add_argument(
        '--starts',
        nargs='+',
        default=[],
        metavar='CONFIG=EXPORT',
        help='models trained only on the source; without them, each is trained first',
    )
    parser.add_argument('--iters', type=int, default=150, help='steps per adaptation')
    parser.add_argument('--cases', nargs='+', help='default: all')
    return parser.parse_args()


def main():
    args = parse_args()

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from pathlib import Path

    from mmpose_uda.adaptation.calibration import Calibration
    from mmpose_uda.adaptation.calibration_data import builtin_benchmark, real_benchmarks
    from mmpose_uda.adaptation.calibration_plan import CASES
    from mmpose_uda.adaptation.confusion import report
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.errors import UserError, check_writable
    from mmpose_uda.whole_files import write_whole

    with exit_codes(resumable=False):
        for pair in (*args.real, *args.starts):
            if '=' not in pair:
                raise UserError(f'{pair} is not CONFIG=FOLDER: write it like that.')
        out = Path(args.out)
        check_writable(out / 'table.md')
        benchmarks = [builtin_benchmark(config) for config in args.configs]
        for pair in args.real:
            benchmarks += real_benchmarks(*pair.split('=', 1))
        starts = dict(pair.split('=', 1) for pair in args.starts)
        cases = args.cases or tuple(CASES)
        outcomes = []
        for outcome in Calibration(benchmarks, out, args.iters, cases, starts).run():
            outcomes.append(outcome)
            page, suggested = report(outcomes)
            write_whole(out / 'table.md', page)
        if not outcomes:
            raise UserError(f'None of the cases {", ".join(cases)} fits the models.')
        print(page)
        print(f'Thresholds that fit best: {suggested}')


if __name__ == '__main__':
    main()

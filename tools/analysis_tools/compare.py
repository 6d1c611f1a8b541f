"""Compare two exports on labelled data: one HTML page of metrics, curves and images.

python tools/analysis_tools/compare.py EXPORT_A EXPORT_B configs/uda/hand_3d.py
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('export_a', help='folder of an export, e.g. before adaptation')
    parser.add_argument('export_b', help='folder of another, e.g. the adapted model')
    parser.add_argument(
        'config',
        metavar='dataset_config',
        help='a config whose test_dataloader and test_evaluator use labelled data',
    )
    parser.add_argument('--out', default='report.html', help='page to write')
    parser.add_argument(
        '--num-images',
        type=int,
        default=6,
        help='at most this many images that gain, and as many that lose',
    )
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.analysis.compare import compare
    from mmpose_uda.apis.command_line import exit_codes

    with exit_codes():
        comparison = compare(**args)
        before, after = map(comparison.scale.tell, comparison.mean_errors)
        print(f'Mean error: {before} (A), {after} (B). The page: {args["out"]}')


if __name__ == '__main__':
    main()

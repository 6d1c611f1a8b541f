"""Measure what a 3D config must know about its source, and print it as config lines.

python tools/misc/measure_source.py configs/uda/hand_3d.py

They are the `total_length` (mean sum of the skeleton's bone lengths, mm), `depth_range`
and `root` of its codec, `Pose3DLabel`. No image is decoded.
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE')
    return parser.parse_args()


def main():
    args = vars(parse_args())

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import measure_source
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes():
        args['cfg_options'] = parse_options(args['cfg_options'])
        print(measure_source(**args))


if __name__ == '__main__':
    main()

"""Time the training step of a config, and the network passes that it consists of.

python tools/analysis_tools/benchmark_step.py configs/uda/hand_3d.py --json step.json

Step and passes are timed in turn, on one batch of images. The page 'Performance' of the
documentation explains more.
"""

import argparse
import json
import os
import tempfile


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='config of an adaptation')
    parser.add_argument('--device', choices=['cpu', 'cuda'], help='default: a GPU if any')
    parser.add_argument('--batch', type=int, help="images per domain, default the config's")
    parser.add_argument(
        '--amp',
        nargs='?',
        const='auto',
        choices=['auto', 'bf16', 'fp16'],
        help='mixed precision; without a value: fp16 on a GPU, bf16 on a CPU',
    )
    parser.add_argument('--compile', action='store_true', help='compile the networks')
    parser.add_argument(
        '--random-vgg',
        action='store_true',
        help='transfer style with a VGG-19 network of random weights',
    )
    parser.add_argument('--rounds', type=int, default=5, help='steps to time')
    parser.add_argument('--json', metavar='FILE', help='write the figures to FILE')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='change the config, as in model.estimator.backbone.depth=50',
    )
    return parser.parse_args()


def main():
    args = parse_args()
    if args.device == 'cpu':
        # before torch looks for devices
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    from mmpose_uda.analysis.step_benchmark import benchmark_config
    from mmpose_uda.apis.command_line import exit_codes, parse_options
    from mmpose_uda.errors import check_writable
    from mmpose_uda.whole_files import write_whole

    with exit_codes(), tempfile.TemporaryDirectory() as work_dir:
        if args.json:
            check_writable(args.json)
        found = benchmark_config(
            args.config,
            work_dir,
            device=args.device,
            batch_size=args.batch,
            amp=args.amp,
            compile=args.compile,
            random_vgg=args.random_vgg,
            rounds=args.rounds,
            cfg_options=parse_options(args.cfg_options),
        )
        print(found)
        if args.json:
            write_whole(args.json, json.dumps(found.to_dict(), indent=2))


if __name__ == '__main__':
    main()

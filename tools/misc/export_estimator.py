"""Export an estimator as a plain mmpose model.

python tools/misc/export_estimator.py configs/uda/hand_3d.py CHECKPOINT OUT_DIR
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='the config that was trained')
    parser.add_argument('checkpoint', help='a checkpoint of that training')
    parser.add_argument('out_dir', help='folder to write')
    parser.add_argument(
        '--which',
        choices=['teacher', 'student'],
        help="network to export, default the config's test_network",
    )
    parser.add_argument(
        '--onnx',
        action='store_true',
        help='also write model.onnx, checked with onnxruntime',
    )
    return parser.parse_args()


def main():
    args = parse_args()

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmengine.runner import CheckpointLoader

    import mmpose_uda  # noqa: F401, sets the policy that checkpoints are loaded by
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.config import load_config, require, tested_network, user_errors
    from mmpose_uda.deploy.export import export_estimator
    from mmpose_uda.deploy.onnx_export import export_onnx, require_onnx

    with exit_codes():
        if args.onnx:
            require_onnx()
        cfg = load_config(args.config)
        require(cfg, 'model')
        with user_errors(cfg):
            checkpoint = CheckpointLoader.load_checkpoint(args.checkpoint, 'cpu')
            out_dir = export_estimator(cfg, checkpoint, args.out_dir, args.which)
            which = args.which or tested_network(cfg)
            print(f'The {which} is in {out_dir}: config.py and model.pth.')
            if args.onnx:
                print(f'As ONNX: {export_onnx(str(out_dir))}')


if __name__ == '__main__':
    main()

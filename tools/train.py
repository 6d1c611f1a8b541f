"""Train a config: adapt a pose estimator to a new domain.

python tools/train.py configs/uda/hand_3d.py
"""

import argparse
import os


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='a config, such as a file of configs/')
    parser.add_argument(
        '--work-dir', help='folder for results, default work_dirs/<name of the config>'
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CKPT',
        help='continue from the last checkpoint of the work dir, or from CKPT',
    )
    parser.add_argument(
        '--amp',
        nargs='?',
        const='auto',
        choices=['auto', 'bf16', 'fp16'],
        help='mixed precision; without a value: fp16 on a GPU, bf16 on a CPU',
    )
    parser.add_argument(
        '--seed', type=int, help='seed of weights, data order and augmentation'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='change the config, as in optim_wrapper.optimizer.lr=1e-4',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what started the processes: pytorch for `torchrun --nproc_per_node 2 -m '
        'mmpose_uda train CONFIG --launcher pytorch`, as in tools/dist_train.sh',
    )
    parser.add_argument(
        '--smoke',
        action='store_true',
        help='two steps of every phase on little data; values of --cfg-options stay',
    )
    # passed by torch.distributed.launch, torchrun's predecessor
    parser.add_argument('--local-rank', '--local_rank', type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    args = vars(parse_args())
    local_rank = args.pop('local_rank')
    if local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(local_rank))

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis import train
    from mmpose_uda.apis.command_line import exit_codes, parse_options

    with exit_codes(resumable=True):
        args['cfg_options'] = parse_options(args['cfg_options'])
        train(**args)


if __name__ == '__main__':
    main()

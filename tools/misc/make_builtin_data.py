"""Make the data of a built-in benchmark.

python tools/misc/make_builtin_data.py hand
"""

import argparse


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('name', help='the body: hand, human or animal')
    parser.add_argument('--root', metavar='DIR', help='default data/builtin_<name>')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--num-train', type=int, default=4000, help='images per domain')
    parser.add_argument('--num-test', type=int, default=600, help='images per domain')
    parser.add_argument('--workers', type=int, help='processes, default one per core')
    return parser.parse_args()


def main():
    args = vars(parse_args())
    root = args.pop('root') or f'data/builtin_{args["name"]}'

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.synthetic import ensure_builtin

    with exit_codes():
        manifest = ensure_builtin(root=root, **args)
        print(f'{root} is complete, content {manifest["content"]}')


if __name__ == '__main__':
    main()

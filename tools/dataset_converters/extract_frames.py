"""Extract images from the videos of a public data set, for the class that reads it.

python tools/dataset_converters/extract_frames.py mpi_inf_3dhp data/MPI-INF-3DHP --workers 8
python tools/dataset_converters/extract_frames.py surreal data/SURREAL_full --workers 8

Only the frames that MPIINF3DHP and SURREAL3D read are extracted, for SURREAL with the masks
of the people (the page 'Public data sets' of the documentation). They are written beside
the videos. Repeat the command to continue where it was stopped.
"""

import argparse
import os


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('data', choices=['mpi_inf_3dhp', 'surreal'], help='the data set')
    parser.add_argument('root', help='folder of the data set')
    parser.add_argument(
        '--workers',
        type=int,
        default=os.cpu_count(),
        help='videos to read at the same time; default: one per core',
    )
    return parser.parse_args()


def main():
    args = parse_args()

    # imported late: it takes seconds, which --help and misspelt arguments should not
    from mmpose_uda.apis.command_line import exit_codes
    from mmpose_uda.datasets.published.mpi_inf_3dhp_frames import extract_mpi_inf_3dhp
    from mmpose_uda.datasets.published.surreal_frames import extract_surreal

    extract = dict(mpi_inf_3dhp=extract_mpi_inf_3dhp, surreal=extract_surreal)[args.data]
    with exit_codes():
        for done in extract(args.root, args.workers):
            print(done)


if __name__ == '__main__':
    main()

"""``python -m mmpose_uda NAME ...``, which torchrun can start too: the command."""

from mmpose_uda_command import main

if __name__ == '__main__':
    main()

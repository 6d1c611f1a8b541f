"""Run the command as ``python -m mmpose_uda NAME ...``, which torchrun can also start."""

from mmpose_uda_command import main

if __name__ == '__main__':
    main()

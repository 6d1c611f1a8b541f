"""The schedule of version 1.0."""

_base_ = ['aligned_2500.py']

phases = [dict(phase, iters=iters) for phase, iters in zip(_base_.phases, (500, 700))]
train_cfg = dict(phases=phases)

"""The schedule of version 1.0."""

_base_ = ['masked_1900.py']

phases = [dict(phase, iters=iters) for phase, iters in zip(_base_.phases, (100, 450, 1000))]
train_cfg = dict(phases=phases)

"""`masked_110_epochs.py` without what needs masks of the foreground."""

_base_ = ['masked_110_epochs.py']

phases = [
    dict(phase, parts=[part for part in phase['parts'] if part != 'foreground'])
    for phase in _base_.phases
]
train_cfg = dict(phases=phases)

"""`masked_110_epochs.py` without the parts that need foreground masks."""

_base_ = ['masked_110_epochs.py']

phases = [
    dict(phase, parts=[part for part in phase['parts'] if part != 'foreground'])
    for phase in _base_.phases
]
train_cfg = dict(phases=phases)

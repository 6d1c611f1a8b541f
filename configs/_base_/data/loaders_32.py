"""Pairs of source and target, 32 per step, for a GPU."""

_base_ = ['loaders.py']

train_loader = dict(batch_size=32, num_workers=8)
val_loader = dict(batch_size=32, num_workers=4)

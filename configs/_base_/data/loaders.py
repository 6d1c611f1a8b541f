"""Pairs of source and target, 16 per step, and batches for validation."""

data_mode = 'topdown'
dataset_type = 'PoseDataset'
backend_args = None

train_loader = dict(
    batch_size=16,
    num_workers=2,
    persistent_workers=False,
    sampler=dict(type='InfiniteDrawSampler'),
    collate_fn=dict(type='collate_views'),
)
val_loader = dict(
    batch_size=50,
    num_workers=1,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
)

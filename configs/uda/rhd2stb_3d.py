"""Rendered hands (RHD) to STB in 3D by masked reconstruction, with ViT-B; for a GPU.

Like `configs/uda/rhd2freihand_3d.py`, which explains more, on another target: five
backgrounds, tested on the sixth, as published. STB has left hands; RHD's right hands are
mirrored to match.
"""

_base_ = ['rhd2freihand_3d.py']

# ---- data: as unpacked ------------------------------------------------------------------
data_root = 'data/STB'
hands = dict(_delete_=True, type='STB', data_root=data_root)
target = dict(hands, split='train', labels=False, pipeline=_base_.load)
test = dict(hands, split='test', test_mode=True)
train_dataloader = dict(dataset=dict(target=target))
val_dataloader = dict(dataset=dict(test, pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

# ---- metrics: STB's own is the AUC from 20 to 50 mm, at Zimmermann and Brox's thresholds
metrics = ['MPJPE', 'PA-MPJPE', 'AUC']
val_evaluator = [
    dict(
        type='RootAlignedMPJPE',
        metrics=metrics,
        auc_range=(8 * 50 / 19, 50, 12),
        # STB labels no wrist: it is extrapolated, and serves only as the root.
        joints=list(range(1, 21)),
        prefix='target',
    ),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

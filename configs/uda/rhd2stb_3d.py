"""Rendered hands (RHD) to STB in 3D by masked reconstruction, with ViT-B; for a GPU.

As `configs/uda/rhd2freihand_3d.py`, which says more, on another target: five backgrounds,
tested on the sixth, as published. STB has left hands; those of RHD are mirrored to be.
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

# ---- metrics: STB's own is the AUC from 20 to 50 mm, of Zimmermann and Brox's thresholds
metrics = ['MPJPE', 'PA-MPJPE', 'AUC']
val_evaluator = [
    dict(
        type='RootAlignedMPJPE',
        metrics=metrics,
        auc_range=(8 * 50 / 19, 50, 12),
        # The wrist is none of STB's joints: it is extrapolated, and is the root alone.
        joints=list(range(1, 21)),
        prefix='target',
    ),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

"""FreiHAND to DexYCB in 3D by masked reconstruction, with ViT-B; for a GPU.

Like `configs/uda/freihand2ho3d_3d.py`, which explains more, on another target. It has left
and right hands; all are shown as left ones.
"""

_base_ = ['freihand2ho3d_3d.py']

# ---- data: as unpacked ------------------------------------------------------------------
data_root = 'data/DexYCB'
mirror = dict(type='MirrorRightHand')
load = [dict(type='LoadPoseImage'), mirror, _base_.box]
load_masked = [load[0], dict(type='LoadPoseMask'), *load[1:]]
source = dict(pipeline=load_masked)
# Setup s0: tested on other recordings of the same subjects, objects and cameras.
hands = dict(_delete_=True, type='DexYCB', data_root=data_root, setup='s0')
target = dict(hands, split='train', labels=False, pipeline=load)
test = dict(hands, split='test', test_mode=True)
train_dataloader = dict(dataset=dict(source=source, target=target))
val_pipeline = [*load, _base_.crop, _base_.pack]
val_dataloader = dict(dataset=dict(test, pipeline=val_pipeline))
test_dataloader = val_dataloader

# ---- metrics: those of DexYCB's benchmark of hands --------------------------------------
metrics = ['MPJPE', 'PA-MPJPE', 'AUC', 'PA-AUC']
val_evaluator = [
    dict(type='RootAlignedMPJPE', metrics=metrics, prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

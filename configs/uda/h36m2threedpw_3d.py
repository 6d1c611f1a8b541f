"""Human3.6M to 3DPW by masked reconstruction, with ViT-B; for a GPU.

Like `configs/uda/h36m2mpiinf3dhp_3d.py`, which explains more, on another target: people
outdoors, seen by a moving camera. It is tested on the data set's own test sequences.
"""

_base_ = ['h36m2mpiinf3dhp_3d.py']

# ---- data: as unpacked ------------------------------------------------------------------
data_root = 'data/3DPW'
people = dict(_delete_=True, type='ThreeDPW', data_root=data_root)
target = dict(people, split='train', labels=False, pipeline=_base_.load)
test = dict(people, split='test', test_mode=True)
train_dataloader = dict(dataset=dict(target=target))
val_dataloader = dict(dataset=dict(test, pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

# ---- metrics: on the published 14 joints except the top of the head, which SMPL lacks ---
metrics = ['MPJPE', 'PA-MPJPE', 'N-MPJPE']
scored = [1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16]
val_evaluator = [
    dict(type='RootAlignedMPJPE', metrics=metrics, joints=scored, prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

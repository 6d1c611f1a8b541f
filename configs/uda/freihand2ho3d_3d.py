"""FreiHAND to HO-3D in 3D by masked reconstruction, with ViT-B; for a GPU.

Bare hands to hands with objects, on other backgrounds. How to name weights is shown in
`configs/uda/rhd2freihand_3d.py`, whose views are used here too. Both data sets have only
right hands.
"""

_base_ = [
    '../_base_/data/loaders_32.py',
    '../_base_/model/pose3d_freihand.py',
    '../_base_/method/masked_reconstruction_vit_base.py',
    '../_base_/schedule/masked_110_epochs.py',
    '../_base_/views/weak.py',
    '../_base_/views/strong.py',
]

# ---- data: as unpacked, nothing is generated --------------------------------------------
data_root = 'data/HO3D_v3'
# Boxes are 1.5 times the hand: nothing is added around them.
box = dict(type='GetBBoxCenterScale', padding=1.0)
load = [dict(type='LoadPoseImage'), box]
load_masked = [load[0], dict(type='LoadPoseMask'), *load[1:]]
source = dict(
    type='FreiHAND', data_root='data/FreiHAND', split='train', pipeline=load_masked
)
hands = dict(type='HO3D', data_root=data_root, version=3)
target = dict(hands, split='train', labels=False, pipeline=load)
test = dict(hands, split='evaluation', test_mode=True)

# ---- model ---------------------------------------------------------------------------
head = dict(_base_.head, out_channels=21, decoder=_base_.codec)
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=dict(_base_.estimator, head=head),
    teacher=_base_.teacher,
    foreground_head=_base_.foreground_head,
    alignments=_base_.alignments,
)

# ---- views: hands point anywhere, so they are turned all the way round ------------------
crop = dict(type='TopdownAffine3D', input_size=_base_.input_size)
encode = dict(type='GenerateTarget', encoder=_base_.codec)
strong_box = dict(_base_.strong_box, rotate_factor=180)
strong_view = [strong_box, crop, _base_.strong_look]
weak_view = [_base_.weak_box, crop]
strong_source = [_base_.background, *strong_view, encode, _base_.pack]
# For the control with the weakest augmentation (docs/benchmarks.md).
weak_source = [*weak_view, encode, _base_.pack]
views = dict(
    source=strong_source,
    target_teacher=[*weak_view, _base_.pack],
    target_student=[*strong_view, _base_.pack],
)
pair = dict(type='SourceTargetDataset', source=source, target=target, views=views)
train_dataloader = dict(_base_.train_loader, dataset=pair)
val_pipeline = [*load, crop, _base_.pack]
val_dataloader = dict(_base_.val_loader, dataset=dict(test, pipeline=val_pipeline))
test_dataloader = val_dataloader

# ---- metrics: HO-3D's own: root-aligned, aligned in scale and place, and by Procrustes --
metrics = ['MPJPE', 'ST-MPJPE', 'PA-MPJPE', 'AUC', 'PA-AUC']
val_evaluator = [
    dict(type='RootAlignedMPJPE', metrics=metrics, prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

"""SURREAL to Human3.6M in 3D by masked reconstruction, with ViT-B; for a GPU.

How to name weights is shown in `configs/uda/rhd2freihand_3d.py`. Nose and top of the head,
which SMPL lacks, are neither learned nor scored.
"""

_base_ = [
    '../_base_/data/loaders_32.py',
    '../_base_/model/pose3d_surreal.py',
    '../_base_/method/masked_reconstruction_vit_base.py',
    '../_base_/schedule/masked_110_epochs.py',
    '../_base_/views/weak.py',
    '../_base_/views/strong.py',
]

# ---- data: as unpacked; SURREAL's videos are made into images (docs/datasets.md) ------
data_root = 'data/Human36M'
# Boxes are 1.5 times the person: nothing is added around them.
box = dict(type='GetBBoxCenterScale', padding=1.0)
# A person's mirror image is a person: left and right change places.
flip = dict(type='RandomFlip3D', prob=0.5)
load = [dict(type='LoadPoseImage'), flip, box]
load_masked = [load[0], dict(type='LoadPoseMask'), *load[1:]]
source = dict(
    type='SURREAL3D', data_root='data/SURREAL_full', split='train', pipeline=load_masked
)
people = dict(type='Human36M3D', data_root=data_root)
target = dict(people, split='train', labels=False, pipeline=load)
test = dict(people, split='test', test_mode=True)

# ---- model ---------------------------------------------------------------------------
# Bins of 31 mm.
head = dict(_base_.head, out_channels=17, depth_bins=64, decoder=_base_.codec)
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=dict(_base_.estimator, head=head),
    teacher=_base_.teacher,
    foreground_head=_base_.foreground_head,
    alignments=_base_.alignments,
)

# ---- views ---------------------------------------------------------------------------
crop = dict(type='TopdownAffine3D', input_size=_base_.input_size)
encode = dict(type='GenerateTarget', encoder=_base_.codec)
strong_view = [_base_.strong_box, crop, _base_.strong_look]
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
val_pipeline = [dict(type='LoadPoseImage'), box, crop, _base_.pack]
val_dataloader = dict(_base_.val_loader, dataset=dict(test, pipeline=val_pipeline))
test_dataloader = val_dataloader

# ---- metrics: Human3.6M's protocols 1 and 2 are MPJPE and PA-MPJPE ----------------------
metrics = ['MPJPE', 'PA-MPJPE', 'N-MPJPE']
val_evaluator = [
    dict(type='RootAlignedMPJPE', metrics=metrics, prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

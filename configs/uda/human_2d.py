"""2D human pose from renders to images of an infrared camera: the built-in benchmark."""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/data/loaders.py',
    '../_base_/data/pose_2d.py',
    '../_base_/model/heatmaps_96px.py',
    '../_base_/method/multi_level_alignment.py',
    '../_base_/schedule/aligned_2500.py',
    '../_base_/views/weak.py',
    '../_base_/views/mild.py',
    '../_base_/views/grey.py',
]

# ---- data: generated on first use. Another seed makes other data: tune there, report here
builtin_data = dict(name='human', root='data/builtin_human', seed=0)
data_root = builtin_data['root']
rendered = dict(data_root=data_root + '/rendered', metainfo='human16')
photo = dict(data_root=data_root + '/photo', metainfo='human16')
# A person's mirror image is a person: left and right change places.
flip = dict(type='RandomFlip3D', prob=0.5)
load = [dict(type='LoadPoseImage'), flip]
load_masked = [load[0], dict(type='LoadPoseMask'), flip]
source = dict(_base_.source_data, **_base_.masked, **rendered, pipeline=load_masked)
target = dict(_base_.target_data, **photo, pipeline=load)
test = dict(_base_.test_data, **photo)

# ---- model ---------------------------------------------------------------------------
head = dict(_base_.head, out_channels=16, decoder=_base_.codec)
alignments = _base_.alignments
# With more weight, poses as different as these are drawn together, towards what the
# teacher is sure of (docs/experiments.md).
alignments.mean_teacher.loss_weight = 0.3
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=dict(_base_.estimator, head=head),
    teacher=_base_.teacher,
    test_statistics=_base_.test_statistics,
    source_statistics=dict(skeleton='human16'),
    alignments=alignments,
)

# From the first paper (arXiv 2501.08408): renders over backgrounds of the target.
ablation_parts = dict(segmentation_guided_augmentation=['background'])

# ---- views ---------------------------------------------------------------------------
crop = dict(type='TopdownAffine3D', input_size=_base_.input_size)
plain_crop = dict(crop, type='TopdownAffine')
encode = dict(type='GenerateTarget', encoder=_base_.codec)
strong_view = [_base_.box, _base_.strong_box, crop, _base_.strong_look]
weak_view = [_base_.box, _base_.weak_box, crop]
# The target has no colours, so half of the renders lose theirs.
source_view = [_base_.box, _base_.source_box, crop, _base_.strong_look, _base_.grey]
strong_source = [
    _base_.background,
    _base_.picture_edge,
    *source_view,
    encode,
    _base_.pack,
]
# For the control with the weakest augmentation (docs/benchmarks.md).
weak_source = [*weak_view, encode, _base_.pack]
val_pipeline = [dict(type='LoadImage'), _base_.box, plain_crop, _base_.stock_pack]
train_dataloader = dict(
    _base_.train_loader,
    dataset=dict(
        type='SourceTargetDataset',
        source=source,
        target=target,
        views=dict(
            source=strong_source,
            target_teacher=[*weak_view, _base_.pack],
            target_student=[*strong_view, _base_.pack],
        ),
    ),
)
val_dataloader = dict(_base_.val_loader, dataset=dict(test, pipeline=val_pipeline))
test_dataloader = val_dataloader
val_evaluator = [dict(type='CropPCK', thr=0.05, prefix='target')]
test_evaluator = val_evaluator

"""3D hand pose from rendered to photo-like images: the built-in benchmark.

The method is masked reconstruction on both domains (arXiv 2501.08408) with a mean teacher
and weight-free style transfer (as in arXiv 2404.14885). A small transformer sits on
blocks of EfficientNet-Lite0 pre-trained on ImageNet; it trains on a CPU in minutes. The
base configs have the ingredients, with the reason for each value.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/data/loaders.py',
    '../_base_/data/pose_3d.py',
    '../_base_/model/pose3d_hand21.py',
    '../_base_/method/masked_reconstruction.py',
    '../_base_/schedule/masked_1900.py',
    '../_base_/views/weak.py',
    '../_base_/views/strong.py',
]

# ---- data: generated on first use. Another seed makes other data: tune there, report here
builtin_data = dict(name='hand', root='data/builtin_hand', seed=0)
data_root = builtin_data['root']
rendered = dict(data_root=data_root + '/rendered')
photo = dict(data_root=data_root + '/photo')
load = [dict(type='LoadPoseImage')]
load_masked = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask')]
source = dict(_base_.source_data, **rendered, pipeline=load_masked)
target = dict(_base_.target_data, **photo, pipeline=load)
test = dict(_base_.test_data, **photo)

# ---- model ---------------------------------------------------------------------------
head = dict(_base_.head, out_channels=21, decoder=_base_.codec)
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=dict(_base_.estimator, head=head),
    teacher=_base_.teacher,
    test_statistics='target',
    foreground_head=_base_.foreground_head,
    alignments=_base_.alignments,
)

# ---- views ---------------------------------------------------------------------------
crop = dict(type='TopdownAffine3D', input_size=_base_.input_size)
encode = dict(type='GenerateTarget', encoder=_base_.codec)
strong_view = [_base_.box, _base_.strong_box, crop, _base_.strong_look]
weak_view = [_base_.box, _base_.weak_box, crop]
strong_source = [
    _base_.background,
    _base_.picture_edge,
    *strong_view,
    encode,
    _base_.pack,
]
# For the control with the weakest augmentation (docs/benchmarks.md).
weak_source = [*weak_view, encode, _base_.pack]
val_pipeline = [dict(type='LoadPoseImage'), _base_.box, crop, _base_.pack]
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
val_evaluator = [
    dict(type='RootAlignedMPJPE', prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

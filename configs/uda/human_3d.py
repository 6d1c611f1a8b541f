"""3D human pose from renders to images of an infrared camera: the built-in benchmark.

The method, network and schedule of ``hand_3d.py``, for the 17 joints of Human3.6M.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/data/loaders.py',
    '../_base_/data/pose_3d.py',
    '../_base_/model/pose3d_human17.py',
    '../_base_/method/masked_reconstruction.py',
    '../_base_/schedule/masked_1900.py',
    '../_base_/views/weak.py',
    '../_base_/views/strong.py',
    '../_base_/views/grey.py',
]

# ---- data: upright people turned by at most 60 degrees (docs/builtin_data.md). Another
# seed makes other data
builtin_data = dict(name='human17', root='data/builtin_human17', seed=0)
data_root = builtin_data['root']
rendered = dict(data_root=data_root + '/rendered', metainfo='human17')
photo = dict(data_root=data_root + '/photo', metainfo='human17')
# A person's mirror image is a person: left and right change places.
flip = dict(type='RandomFlip3D', prob=0.5)
load = [dict(type='LoadPoseImage'), flip]
load_masked = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask'), flip]
source = dict(_base_.source_data, **rendered, pipeline=load_masked)
target = dict(_base_.target_data, **photo, pipeline=load)
test = dict(_base_.test_data, **photo)

# ---- model ---------------------------------------------------------------------------
head = dict(_base_.head, out_channels=17, decoder=_base_.codec)
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
    # The target has no colours, so half of the renders lose theirs.
    _base_.grey,
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
# One picture does not show a person's size: N-MPJPE leaves it out.
metrics = ['MPJPE', 'PA-MPJPE', 'N-MPJPE', 'PCK3D', 'PCK3D-AUC']
val_evaluator = [
    dict(type='RootAlignedMPJPE', metrics=metrics, prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

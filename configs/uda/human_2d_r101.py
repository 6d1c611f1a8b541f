"""The paper's network and schedule (arXiv 2404.14885) on people, for a GPU.

On the built-in data; `surreal2lsp.py` and `surreal2h36m.py` are the same on public data.
"""

_base_ = [
    '../_base_/data/loaders_32.py',
    '../_base_/data/pose_2d.py',
    '../_base_/model/resnet101.py',
    '../_base_/model/heatmaps_256px.py',
    '../_base_/method/multi_level_alignment_paper.py',
    '../_base_/schedule/aligned_70_epochs.py',
    '../_base_/views/weak.py',
    '../_base_/views/paper.py',
]

# ---- data: generated on first use --------------------------------------------------
builtin_data = dict(name='human', root='data/builtin_human_256', seed=0, image_size=256)
data_root = builtin_data['root']
rendered = dict(data_root=data_root + '/rendered', metainfo='human16')
photo = dict(data_root=data_root + '/photo', metainfo='human16')
load = [dict(type='LoadPoseImage'), _base_.box]
source = dict(_base_.source_data, **rendered, pipeline=load)
target = dict(_base_.target_data, **photo, pipeline=[*load, _base_.base_box])
test = dict(_base_.test_data, **photo)

# ---- model ---------------------------------------------------------------------------
head = dict(_base_.head, out_channels=16, decoder=_base_.codec)
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=dict(_base_.estimator, head=head),
    teacher=_base_.teacher,
    test_statistics=_base_.test_statistics,
    source_statistics=dict(skeleton='human16'),
    alignments=_base_.alignments,
)

# ---- views ---------------------------------------------------------------------------
crop = dict(type='TopdownAffine3D', input_size=_base_.input_size)
plain_crop = dict(crop, type='TopdownAffine')
encode = dict(type='GenerateTarget', encoder=_base_.codec)
strong_view = [_base_.strong_box, crop, _base_.strong_look]
weak_view = [_base_.weak_box, crop]
strong_source = [_base_.base_box, *strong_view, encode, _base_.pack]
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
            # Teacher and student see the same kind of view, as published.
            source=strong_source,
            target_teacher=[*strong_view, _base_.pack],
            target_student=[*strong_view, _base_.pack],
        ),
    ),
)
val_dataloader = dict(_base_.val_loader, dataset=dict(test, pipeline=val_pipeline))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='CropPCK', groups='body16', prefix='target'),
    dict(type='CropPCK', groups='body16', protocol='regda', prefix='target/regda'),
]
test_evaluator = val_evaluator

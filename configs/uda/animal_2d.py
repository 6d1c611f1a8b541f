"""2D animal pose from rendered to photo-like images: the built-in benchmark."""

_base_ = ['../_base_/builtin_2d.py']

# Generated on first use. Another seed makes other data: tune there, report here.
builtin_data = dict(name='animal', root='data/builtin_animal', seed=0)
data_root = builtin_data['root']
metainfo = 'animal18'

model = dict(estimator=dict(head=dict(out_channels=18)))

# An animal's mirror image is an animal: left and right change places.
load = [dict(type='LoadPoseImage'), dict(type='RandomFlip3D', prob=0.5)]
train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=data_root + '/rendered', metainfo=metainfo, pipeline=load),
        target=dict(data_root=data_root + '/photo', metainfo=metainfo, pipeline=load),
        # Rotations and other colours of the source cost animals more than they teach.
        views=dict(source=_base_.weak_source),
    )
)
val_dataloader = dict(dataset=dict(data_root=data_root + '/photo', metainfo=metainfo))
test_dataloader = val_dataloader

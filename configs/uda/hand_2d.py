"""2D hand pose from rendered to photo-like images: the built-in benchmark."""

_base_ = ['../_base_/builtin_2d.py']

# Generated on first use, the same data as hand_3d.py's.
builtin_data = dict(name='hand', root='data/builtin_hand', seed=0)
data_root = builtin_data['root']

train_dataloader = dict(
    dataset=dict(
        source=dict(data_root=data_root + '/rendered'),
        target=dict(data_root=data_root + '/photo'),
    )
)
val_dataloader = dict(dataset=dict(data_root=data_root + '/photo'))
test_dataloader = val_dataloader

"""3D human pose from rendered to photo-like images: the built-in benchmark.

The method, network and schedule of ``hand_3d.py``, for the 17 joints of Human3.6M. Only
what belongs to people differs: data, keypoints, lengths, mirror images and figures.
"""

_base_ = ['hand_3d.py']

# ---- data ----------------------------------------------------------------------------
# Generated on first use: the pictures of human_2d.py with other labels. Another seed
# makes other data: tune there, report here.
builtin_data = dict(name='human17', root='data/builtin_human17', seed=0)
data_root = builtin_data['root']
metainfo = 'human17'

# ---- model ---------------------------------------------------------------------------
codec = dict(
    type='Pose3DLabel',
    input_size={{_base_.input_size}},
    # All of 700 generated sources; hands and feet reach from -886 to 731 mm of the root.
    depth_range=(-900, 900),
    skeleton=[
        (0, 1), (1, 2), (2, 3),  # right leg
        (0, 4), (4, 5), (5, 6),  # left leg
        (0, 7), (7, 8), (8, 9), (9, 10),  # spine, thorax, nose, head
        (8, 11), (11, 12), (12, 13),  # left arm
        (8, 14), (14, 15), (15, 16),  # right arm
    ],
    total_length=4222.0,  # mean of the generated source, mm; from person to person 6 %
)  # fmt: skip
model = dict(estimator=dict(head=dict(out_channels=17, decoder=codec)))

# ---- pipelines -----------------------------------------------------------------------
# A person's mirror image is a person: left and right change places.
flip = dict(type='RandomFlip3D', prob=0.5)
encode = dict(type='GenerateTarget', encoder=codec)
strong_source = [_base_.background, *_base_.strong_view, encode, _base_.pack]
weak_source = [*_base_.weak_view, encode, _base_.pack]

source_train = dict(
    data_root=data_root + '/rendered',
    metainfo=metainfo,
    pipeline=[dict(type='LoadPoseImage'), dict(type='LoadPoseMask'), flip],
)
target_train = dict(
    data_root=data_root + '/photo',
    metainfo=metainfo,
    pipeline=[dict(type='LoadPoseImage'), flip],
)
train_dataloader = dict(
    dataset=dict(source=source_train, target=target_train, views=dict(source=strong_source))
)
val_dataloader = dict(dataset=dict(data_root=data_root + '/photo', metainfo=metainfo))
test_dataloader = val_dataloader

# A person's size cannot be told from one picture: N-MPJPE leaves it out.
val_evaluator = [
    dict(
        type='RootAlignedMPJPE',
        metrics=['MPJPE', 'PA-MPJPE', 'N-MPJPE', 'PCK3D', 'PCK3D-AUC'],
        prefix='target',
    ),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator

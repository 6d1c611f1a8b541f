"""Rendered hands (RHD) to Hand-3D-Studio with the paper's network and schedule; for a GPU.

The data sets are read as they are downloaded (docs/datasets.md). `target/regda/PCK`
follows the protocol of the published figures, `target/PCK` this package's own. The
paper itself has no figures for hands; RegDA and UniFrame do. The crops, 1.5 times the
hand, are theirs, and so are rotations all the way round, because hands point anywhere.
What else differs from the published code is listed in
`configs/_base_/method/multi_level_alignment_paper.py`.

The protocol of an unseen domain, adapted to Hand-3D-Studio and tested on FreiHAND:

    python tools/test.py configs/uda/rhd2h3d.py CHECKPOINT --cfg-options \
        test_dataloader.dataset.type=FreiHAND \
        test_dataloader.dataset.data_root=data/FreiHAND
"""

_base_ = ['hand_2d_r101.py']

# ---- data: as unpacked, nothing is generated --------------------------------------------
builtin_data = None
data_root = 'data/H3D'
# Boxes are the published crops: nothing is added around them.
box = dict(type='GetBBoxCenterScale', padding=1.0)
# All hands are shown as left ones, as published; Hand-3D-Studio, without sides, stays.
load = [dict(type='LoadPoseImage'), dict(type='MirrorRightHand'), box]
source = dict(
    _delete_=True,
    type='RenderedHandPose',
    data_root='data/RHD',
    split='train',
    pipeline=load,
)
# As published, frames of one recording are in both splits.
hands = dict(type='Hand3DStudio', data_root=data_root)
target = dict(
    hands,
    _delete_=True,
    split='train',
    labels=False,
    pipeline=[*load, _base_.base_box],
)
test = dict(hands, _delete_=True, split='test', test_mode=True)

# ---- views ------------------------------------------------------------------------------
strong_box = dict(_base_.strong_box, rotation=180)
strong_view = [strong_box, _base_.crop, _base_.strong_look]
strong_source = [_base_.base_box, *strong_view, _base_.encode, _base_.pack]
strong_target = [*strong_view, _base_.pack]
views = dict(
    source=strong_source, target_teacher=strong_target, target_student=strong_target
)
train_dataloader = dict(dataset=dict(source=source, target=target, views=views))
val_pipeline = [*load, _base_.plain_crop, _base_.stock_pack]
val_data = dict(test, pipeline=val_pipeline)
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

# ---- weights: none by default; as published, those of ImageNet and of VGG-19 -----------
# init = dict(type='Pretrained', checkpoint='torchvision://resnet101')
# model = dict(estimator=dict(backbone=dict(init_cfg=init)))
# style = dict(
#     type='VGG19Style',
#     encoder='vgg_normalised.pth',
#     decoder='work_dirs/adain_rhd2h3d/decoder.pth',
# )
# custom_hooks = [
#     dict(hook, style=style) if hook['type'] == 'AdaINStyleHook' else hook
#     for hook in _base_.custom_hooks
# ]

# ---- metrics ----------------------------------------------------------------------------
# Batches are part of the protocol 'regda'.
val_evaluator = [
    dict(type='CropPCK', groups='hand21', prefix='target'),
    dict(
        type='CropPCK',
        groups='hand21',
        protocol='regda',
        batch_size=32,
        prefix='target/regda',
    ),
]
test_evaluator = val_evaluator

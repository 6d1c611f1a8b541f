"""SURREAL to Leeds Sports Pose with the paper's network and schedule; for a GPU.

The data sets are read as they are downloaded (docs/datasets.md). `target/regda/PCK`
follows the protocol of the published figures, `target/PCK` this package's own. What
differs from the published code is listed in
`configs/_base_/method/multi_level_alignment_paper.py`; crops are the published ones here,
1.5 times the person.

The protocol of an unseen domain, adapted to LSP and tested on Human3.6M:

    python tools/test.py configs/uda/surreal2lsp.py CHECKPOINT --cfg-options \
        test_dataloader.dataset.type=Human36MRGB \
        test_dataloader.dataset.data_root=data/Human36M
"""

_base_ = ['human_2d_r101.py']

# ---- data: as unpacked, nothing is generated --------------------------------------------
builtin_data = None
data_root = 'data/LSP'
# The images are the published crops, or whole for LSP: nothing is added around them.
box = dict(type='GetBBoxCenterScale', padding=1.0)
load = [dict(type='LoadPoseImage'), box]
source = dict(
    _delete_=True,
    type='SURREAL',
    data_root='data/SURREAL',
    split='train',
    pipeline=load,
)
people = dict(
    type='LSP',
    data_root=data_root,
    # As published, the test images are the ones adapted to, without their labels.
    # clean=True,  # one half each
)
target = dict(
    people,
    _delete_=True,
    split='train',
    labels=False,
    pipeline=[*load, _base_.base_box],
)
test = dict(people, _delete_=True, split='test', test_mode=True)
train_dataloader = dict(dataset=dict(source=source, target=target))
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
#     decoder='work_dirs/adain_surreal2lsp/decoder.pth',
# )
# custom_hooks = [
#     dict(hook, style=style) if hook['type'] == 'AdaINStyleHook' else hook
#     for hook in _base_.custom_hooks
# ]

# ---- metrics ----------------------------------------------------------------------------
# Batches are part of the protocol 'regda'.
val_evaluator = [
    dict(type='CropPCK', groups='body16', prefix='target'),
    dict(
        type='CropPCK',
        groups='body16',
        protocol='regda',
        batch_size=32,
        prefix='target/regda',
    ),
]
test_evaluator = val_evaluator

"""Synthetic horses and tigers to TigDog, with the paper's network and schedule; for a GPU.

The data sets are read as they are downloaded (docs/datasets.md). `target/published/PCK`
follows the protocol of the published figures (UniFrame, arXiv 2404.14885), over horses and
tigers together; with `--cfg-options test_dataloader.dataset.animals="['tiger']"`
tools/test.py gives that of one animal.

What differs from the published code, besides what
`configs/_base_/method/multi_level_alignment_paper.py` lists: source images get the same
augmentation as target images. UniFrame's data sets of synthetic animals have one of their
own, with noise, blur, contrast and flips.
"""

_base_ = ['animal_2d_r101.py']

# ---- data: as unpacked, nothing is generated --------------------------------------------
builtin_data = None
data_root = 'data/behaviorDiscovery2.0'
source = dict(
    _delete_=True,
    type='SyntheticAnimal',
    data_root='data/synthetic_animal',
    split='train',
    animals=['horse', 'tiger'],
    pipeline=_base_.load,
)
animals = dict(
    type='TigDog',
    data_root=data_root,
    animals=['horse', 'tiger'],
    # As published, every keypoint that has a position is scored, flagged visible or not.
    # clean=True,  # only those flagged visible
)
target = dict(
    animals,
    _delete_=True,
    split='train',
    labels=False,
    pipeline=[*_base_.load, _base_.base_box],
)
test = dict(animals, _delete_=True, split='valid', test_mode=True)
train_dataloader = dict(dataset=dict(source=source, target=target))
val_data = dict(test, pipeline=_base_.val_pipeline)
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

# ---- weights: none by default; as published, those of ImageNet and of VGG-19 -----------
# init = dict(type='Pretrained', checkpoint='torchvision://resnet101')
# model = dict(estimator=dict(backbone=dict(init_cfg=init)))
# style = dict(
#     type='VGG19Style',
#     encoder='vgg_normalised.pth',
#     decoder='work_dirs/adain_synanimal2tigdog/decoder.pth',
# )
# custom_hooks = [
#     dict(hook, style=style) if hook['type'] == 'AdaINStyleHook' else hook
#     for hook in _base_.custom_hooks
# ]

# ---- metrics ----------------------------------------------------------------------------
val_evaluator = [
    dict(type='CropPCK', groups='animal18', prefix='target'),
    dict(
        type='CropPCK',
        groups='animal18',
        protocol='uniframe_animal',
        batch_size=1,
        prefix='target/published',
    ),
]
test_evaluator = val_evaluator

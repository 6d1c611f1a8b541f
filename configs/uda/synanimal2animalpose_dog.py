"""Synthetic hounds and sheep to AnimalPose, tested on dogs; for a GPU.

As published, one training covers both animals and each has its own figure:
`configs/uda/synanimal2animalpose_sheep.py` is the same training, tested on sheep, so
tools/test.py with that config and this one's checkpoint gives the other figure. What
differs from the published code is listed in `configs/uda/synanimal2tigdog.py`.
"""

_base_ = ['synanimal2tigdog.py']

# ---- data: as unpacked ------------------------------------------------------------------
data_root = 'data/animal-pose'
source = dict(animals=['hound', 'sheep'])
animals = dict(
    type='AnimalPose14',
    data_root=data_root,
    animals=['dog', 'sheep'],
    # As published, every keypoint that has a position is scored, flagged visible or not.
    # clean=True,  # only those flagged visible
)
target = animals
test = dict(animals, animals=['dog'])
train_dataloader = dict(dataset=dict(source=source, target=target))
val_data = test
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

# ---- model ------------------------------------------------------------------------------
head = dict(out_channels=14)
model = dict(estimator=dict(head=head), source_statistics=dict(skeleton='animal14'))

# ---- weights: ImageNet's as in synanimal2tigdog.py; VGG-19's for this pair --------------
# style = dict(
#     type='VGG19Style',
#     encoder='vgg_normalised.pth',
#     decoder='work_dirs/adain_synanimal2animalpose/decoder.pth',
# )
# custom_hooks = [
#     dict(hook, style=style) if hook['type'] == 'AdaINStyleHook' else hook
#     for hook in _base_.custom_hooks
# ]

# ---- metrics ----------------------------------------------------------------------------
val_evaluator = [dict(metric, groups='animal14') for metric in _base_.val_evaluator]
test_evaluator = val_evaluator

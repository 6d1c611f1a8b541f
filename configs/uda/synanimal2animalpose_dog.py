"""Synthetic hounds and sheep to AnimalPose, tested on dogs; for a GPU.

As published, one training is on both animals and each has its figure:
`configs/uda/synanimal2animalpose_sheep.py` is the same training, tested on sheep, so that
tools/test.py with it and this one's checkpoint gives the other figure. What differs from
the published code is listed in `configs/uda/synanimal2tigdog.py`.
"""

_base_ = ['synanimal2tigdog.py']

# ---- data: as unpacked ------------------------------------------------------------------
data_root = 'data/animal-pose'
source = dict(animals=['hound', 'sheep'])
animals = dict(type='AnimalPose14', data_root=data_root, animals=['dog', 'sheep'])
target = animals
test = dict(animals, animals=['dog'])
train_dataloader = dict(dataset=dict(source=source, target=target))
val_data = test
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

# ---- model ------------------------------------------------------------------------------
head = dict(out_channels=14)
model = dict(estimator=dict(head=head))

# ---- metrics ----------------------------------------------------------------------------
val_evaluator = [dict(metric, groups='animal14') for metric in _base_.val_evaluator]
test_evaluator = val_evaluator

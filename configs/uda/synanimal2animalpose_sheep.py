"""Synthetic hounds and sheep to AnimalPose, tested on sheep; for a GPU.

The training is that of `configs/uda/synanimal2animalpose_dog.py`, which explains
more and has the weights to switch on.
"""

_base_ = ['synanimal2animalpose_dog.py']

test = dict(animals=['sheep'])
val_data = test
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

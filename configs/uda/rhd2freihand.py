"""Rendered hands (RHD) to FreiHAND with the paper's network and schedule; for a GPU.

Like `configs/uda/rhd2h3d.py`, which explains more, on another target, mirrored like the
source.
"""

_base_ = ['rhd2h3d.py']

# ---- data: as unpacked ------------------------------------------------------------------
data_root = 'data/FreiHAND'
hands = dict(
    type='FreiHAND',
    data_root=data_root,
    # As published, most test frames are in 'train' too, on another background.
    # clean=True,  # no frame is in both
)
target = hands
test = hands
train_dataloader = dict(dataset=dict(target=target))
val_data = test
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

# ---- weights: ImageNet's as in rhd2h3d.py; VGG-19's for this pair -----------------------
# style = dict(
#     type='VGG19Style',
#     encoder='vgg_normalised.pth',
#     decoder='work_dirs/adain_rhd2freihand/decoder.pth',
# )
# custom_hooks = [
#     dict(hook, style=style) if hook['type'] == 'AdaINStyleHook' else hook
#     for hook in _base_.custom_hooks
# ]

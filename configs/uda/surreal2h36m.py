"""SURREAL to Human3.6M with the paper's network and schedule; for a GPU.

Like `configs/uda/surreal2lsp.py`, which explains more, on another target: subjects 1, 5, 6,
7 and 8, tested on 9 and 11. The paper itself has no figures for it; RegDA and UniFrame do.
"""

_base_ = ['surreal2lsp.py']

# ---- data: the crops of tools/dataset_converters/h36m_crops.py --------------------------
data_root = 'data/Human36M'
people = dict(
    type='Human36MRGB',
    data_root=data_root,
    # As published, the test is 3200 draws with replacement.
    # clean=True,  # every frame once
)
target = people
test = people
train_dataloader = dict(dataset=dict(target=target))
val_data = test
val_dataloader = dict(dataset=val_data)
test_dataloader = val_dataloader

# ---- weights: ImageNet's as in surreal2lsp.py; VGG-19's for this pair -------------------
# style = dict(
#     type='VGG19Style',
#     encoder='vgg_normalised.pth',
#     decoder='work_dirs/adain_surreal2h36m/decoder.pth',
# )
# custom_hooks = [
#     dict(hook, style=style) if hook['type'] == 'AdaINStyleHook' else hook
#     for hook in _base_.custom_hooks
# ]

"""The built-in hand benchmark with other data: tune here, report on ``hand_3d.py``."""

_base_ = ['hand_3d.py']

builtin_data = dict(root='data/builtin_hand_tuning', seed=100)

train_dataloader = dict(
    dataset=dict(
        source=dict(data_root='data/builtin_hand_tuning/rendered'),
        target=dict(data_root='data/builtin_hand_tuning/photo'),
    )
)
val_dataloader = dict(dataset=dict(data_root='data/builtin_hand_tuning/photo'))
test_dataloader = val_dataloader

"""The paper's network and schedule (arXiv 2404.14885) on hands, for a GPU.

The paper itself has people and animals only; the values are those of its people. On the
built-in data as it stands. For real data sets name other folders of COCO-style
annotations: RHD as the source, Hand-3D-Studio or FreiHAND as the target.
"""

_base_ = ['../_base_/multi_level_alignment_r101.py']

builtin_data = dict(name='hand', root='data/builtin_hand_256', seed=0, image_size=256)
data_root = builtin_data['root']

source = dict(data_root=data_root + '/rendered')
target = dict(data_root=data_root + '/photo')
train_dataloader = dict(dataset=dict(source=source, target=target))
val_dataloader = dict(dataset=target)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='CropPCK', groups='hand21', prefix='target'),
    dict(type='CropPCK', groups='hand21', protocol='regda', prefix='target_regda'),
]
test_evaluator = val_evaluator

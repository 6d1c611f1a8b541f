"""The paper's network and schedule (arXiv 2404.14885) on people, for a GPU.

On the built-in data as it stands. For real data sets name other folders of COCO-style
annotations: SURREAL or another source, LSP or Human3.6M as the target.
"""

_base_ = ['../_base_/multi_level_alignment_r101.py']

builtin_data = dict(name='human', root='data/builtin_human_256', seed=0, image_size=256)
data_root = builtin_data['root']
metainfo = 'human16'

model = dict(estimator=dict(head=dict(out_channels=16)))

source = dict(data_root=data_root + '/rendered', metainfo=metainfo)
target = dict(data_root=data_root + '/photo', metainfo=metainfo)
train_dataloader = dict(dataset=dict(source=source, target=target))
val_dataloader = dict(dataset=target)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='CropPCK', groups='body16', prefix='target'),
    dict(type='CropPCK', groups='body16', protocol='regda', prefix='target_regda'),
]
test_evaluator = val_evaluator

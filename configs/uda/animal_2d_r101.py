"""The paper's network and schedule (arXiv 2404.14885) on animals, for a GPU.

On the built-in data as it stands. For real data sets name other folders of COCO-style
annotations: synthetic horses and tigers as the source, TigDog as the target.
"""

_base_ = ['../_base_/multi_level_alignment_r101.py']

builtin_data = dict(
    name='animal', root='data/builtin_animal_256', seed=0, image_size=256
)
data_root = builtin_data['root']
metainfo = 'animal18'

# As published for animals: narrower heatmaps, colours that are only centred, and tests
# with one image a batch, on which the figures of the protocol 'regda' depend.
codec = dict(
    type='MSRAHeatmap', input_size=(256, 256), heatmap_size=(64, 64), sigma=1
)
model = dict(
    estimator=dict(
        data_preprocessor=dict(mean=[101.97, 99.68, 98.71], std=[255.0, 255.0, 255.0]),
        head=dict(out_channels=18, decoder=codec),
    )
)
encode = dict(type='GenerateTarget', encoder=codec)
strong_source = [*_base_.strong_view, encode, _base_.pack]
weak_source = [*_base_.weak_view, encode, _base_.pack]

source = dict(data_root=data_root + '/rendered', metainfo=metainfo)
target = dict(data_root=data_root + '/photo', metainfo=metainfo)
train_dataloader = dict(
    dataset=dict(source=source, target=target, views=dict(source=strong_source))
)
val_dataloader = dict(batch_size=1, dataset=target)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='CropPCK', groups='animal18', prefix='target'),
    dict(type='CropPCK', groups='animal18', protocol='regda', prefix='target_regda'),
]
test_evaluator = val_evaluator

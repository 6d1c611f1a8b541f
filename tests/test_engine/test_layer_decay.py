"""Layer-wise learning rates of a student are those of the plain model."""

import logging

import pytest
from mmengine.optim import build_optim_wrapper
from mmpose.registry import MODELS

from mmpose_uda.engine import layer_decay

ESTIMATOR = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor'),
    backbone=dict(
        type='mmpretrain.VisionTransformer',
        arch=dict(embed_dims=16, num_layers=3, num_heads=2, feedforward_channels=32),
        img_size=(32, 32),
        patch_size=16,
        with_cls_token=False,
        out_type='featmap',
    ),
    head=dict(
        type='HeatmapHead',
        in_channels=16,
        out_channels=5,
        deconv_out_channels=(8,),
        deconv_kernel_sizes=(4,),
        loss=dict(type='KeypointMSELoss', use_target_weight=True),
        decoder=dict(type='UDPHeatmap', input_size=(32, 32), heatmap_size=(4, 4), sigma=2),
    ),
)
ADAPTIVE = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=ESTIMATOR,
    alignments=dict(
        adversarial=dict(
            type='DomainAdversarial',
            discriminator=dict(type='DomainDiscriminator', in_channels=16, channels=(8,)),
        )
    ),
)


def rates(model, constructor, decay=0.8):
    """Learning rate and weight decay of each trained parameter by its name."""
    wrapper = build_optim_wrapper(
        model,
        dict(
            optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.1),
            paramwise_cfg=dict(num_layers=3, layer_decay_rate=decay),
            constructor=constructor,
        ),
    )
    groups = {
        id(parameter): (group['lr'], group['weight_decay'])
        for group in wrapper.param_groups
        for parameter in group['params']
    }
    named = model.named_parameters()
    return {name: groups[id(p)] for name, p in named if id(p) in groups}


@pytest.fixture
def plain():
    return rates(MODELS.build(ESTIMATOR), 'LayerDecayOptimWrapperConstructor')


def test_a_student_has_the_rates_of_the_plain_model(plain):
    found = rates(MODELS.build(ADAPTIVE), 'StudentLayerDecayOptimWrapperConstructor')
    assert len({lr for lr, _ in plain.values()}) == 5  # three layers, before and after
    assert {name: found.pop(f'student.{name}') for name in plain} == plain
    # what only training has learns like the head; the teacher does not learn
    assert found and all(name.startswith('alignments.') for name in found)
    assert {lr for lr, _ in found.values()} == {5e-4}


def test_the_constructor_of_mmpose_would_not_find_the_layers():
    found = rates(MODELS.build(ADAPTIVE), 'LayerDecayOptimWrapperConstructor')
    assert {lr for lr, _ in found.values()} == {5e-4}


@pytest.mark.parametrize(
    'checkpoint_of, decay', [(None, 0.8), (None, 1.0), ('backbone', 0.8), ('whole', 0.8)]
)
def test_a_backbone_from_nothing_is_warned_of(checkpoint_of, decay, monkeypatch):
    said = []
    monkeypatch.setattr(layer_decay, 'print_log', lambda *args: said.append(args))
    start = dict(init_cfg=dict(type='Pretrained', checkpoint='any.pth'))
    estimator = dict(ESTIMATOR)
    if checkpoint_of == 'backbone':
        estimator['backbone'] = dict(ESTIMATOR['backbone'], **start)
    elif checkpoint_of == 'whole':
        estimator.update(start)
    model = MODELS.build(dict(ADAPTIVE, estimator=estimator))
    rates(model, 'StudentLayerDecayOptimWrapperConstructor', decay)
    if checkpoint_of is None and decay < 1:
        ((text, _, level),) = said
        assert 'layer_decay_rate=0.8' in text and level == logging.WARNING
    else:
        assert not said

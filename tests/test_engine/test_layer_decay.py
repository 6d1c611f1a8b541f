"""Layer-wise learning rates of a student are those of the plain model."""

import pytest
from mmengine.optim import build_optim_wrapper
from mmpose.registry import MODELS

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
        decoder=dict(
            type='UDPHeatmap', input_size=(32, 32), heatmap_size=(4, 4), sigma=2
        ),
    ),
)
ADAPTIVE = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=ESTIMATOR,
    alignments=dict(
        adversarial=dict(
            type='DomainAdversarial',
            discriminator=dict(
                type='DomainDiscriminator', in_channels=16, channels=(8,)
            ),
        )
    ),
)


def rates(model, constructor):
    """Learning rate and weight decay of each trained parameter by its name."""
    wrapper = build_optim_wrapper(
        model,
        dict(
            optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.1),
            paramwise_cfg=dict(num_layers=3, layer_decay_rate=0.8),
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


@pytest.fixture(scope='module')
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

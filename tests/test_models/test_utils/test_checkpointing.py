import pytest
import torch
from mmengine.runner import turn_on_activation_checkpointing
from model_factory import build_adaptive, losses_of, make_batch, part_configs

from mmpose_uda import UserError


def build(*without, **kwargs):
    parts = {k: v for k, v in part_configs().items() if k not in without}
    return build_adaptive(alignments=parts, **kwargs)


def total(losses):
    return sum(value for key, value in losses.items() if 'loss' in key)


def test_a_checkpointed_student_learns_the_same():
    """mmengine's `activation_checkpointing` of a config."""
    gradients, losses = [], []
    for layers in ([], ['student.backbone.layers.0', 'student.backbone.layers.1']):
        model = build('attention')
        turn_on_activation_checkpointing(model, layers)
        losses.append(losses_of(model, make_batch()))
        total(losses[-1]).backward()
        gradients.append([p.grad for p in model.student.parameters()])
    for key, value in losses[0].items():
        torch.testing.assert_close(losses[1][key], value)
    for found, expected in zip(*gradients):
        torch.testing.assert_close(found, expected)


def test_attention_inside_is_refused():
    model = build()
    turn_on_activation_checkpointing(model, ['student.backbone.layers.1'])
    with pytest.raises(UserError, match='attention of layer 1 has no gradient'):
        losses_of(model, make_batch())


def test_a_feature_inside_is_refused():
    parts = dict(
        adversarial=dict(
            type='DomainAdversarial',
            feature='backbone.layers.1.ffn',
            discriminator=dict(type='DomainDiscriminator', in_channels=32),
        )
    )
    model = build_adaptive(alignments=parts)
    turn_on_activation_checkpointing(model, 'student.backbone.layers.1')
    with pytest.raises(UserError, match="feature 'backbone.layers.1.ffn' has no gradient"):
        losses_of(model, make_batch())

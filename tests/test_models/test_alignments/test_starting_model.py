import copy

import pytest
import torch
from model_factory import build_adaptive, losses_of, make_batch, resnet_estimator

VIEWS = ('target_student', 'target_teacher')


def build(strength=0.5):
    stay = dict(type='StartingModelPull', loss_weight=strength)
    model = build_adaptive(
        estimator=resnet_estimator(), foreground_head=None, alignments=dict(stay=stay)
    )
    model.set_phase(('stay',))
    return model


def loss_of(model):
    return losses_of(model, make_batch(views=VIEWS))


def test_the_loss_is_half_the_squared_distance_of_all_weights():
    model = build()
    start = copy.deepcopy(model.student)
    assert loss_of(model)['stay/loss'].item() == 0
    with torch.no_grad():
        for parameter in model.student.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    pairs = zip(model.student.parameters(), start.parameters())
    expected = sum((a - b).double().square().sum().item() for a, b in pairs)
    found = loss_of(model)
    assert found['stay/loss'].item() == pytest.approx(0.5 * 0.5 * expected, rel=1e-4)
    assert found['stay/distance'].item() == pytest.approx(expected**0.5, rel=1e-4)
    found['stay/loss'].backward()
    weight, kept = model.student.backbone.conv1.weight, start.backbone.conv1.weight
    torch.testing.assert_close(weight.grad, 0.5 * (weight - kept).detach())


def test_a_resumed_run_is_pulled_to_the_first_start():
    model = build()
    loss_of(model)
    with torch.no_grad():
        model.student.backbone.conv1.weight.add_(1)
    resumed = build()
    resumed.load_state_dict(model.state_dict())
    assert loss_of(resumed)['stay/loss'].item() > 0
    resumed.begin_run()
    assert loss_of(resumed)['stay/loss'].item() == 0


def test_the_start_is_not_trained():
    model = build()
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert not any(name.startswith('alignments') for name in trained)

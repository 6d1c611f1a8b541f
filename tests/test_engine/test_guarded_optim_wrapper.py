import copy

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import OPTIM_WRAPPERS
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.guarded_optim_wrapper import GuardedOptimWrapper


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def make_model():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))


def steps(wrapper, model, batches):
    for images in batches:
        with wrapper.optim_context(model):
            loss = model(images).square().mean()
        wrapper.update_params(loss)
    return model.state_dict()


CLIPS = [None, dict(max_norm=0.01), dict(type='value', clip_value=0.001)]


@pytest.mark.parametrize('clip', CLIPS)
@pytest.mark.parametrize('accumulated', [1, 2])
def test_steps_as_that_of_mmengine(clip, accumulated):
    found, expected = make_model(), None
    expected = copy.deepcopy(found)
    batches = torch.randn(4, 2, 3, 8, 8)
    states = []
    for kind, model in ((GuardedOptimWrapper, found), (OptimWrapper, expected)):
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        wrapper = kind(
            optimizer=optimizer,
            clip_grad=copy.deepcopy(clip),
            accumulative_counts=accumulated,
        )
        states.append(steps(wrapper, model, batches))
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=1e-5, atol=1e-7)


def test_the_norm_is_kept_for_the_log():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    wrapper = GuardedOptimWrapper(optimizer=optimizer, clip_grad=dict(max_norm=1e9))
    images = torch.randn(2, 3, 8, 8)
    steps(wrapper, model, [images])
    gradients = torch.autograd.grad(model(images).square().mean(), model.parameters())
    expected = sum(float(g.double().square().sum()) for g in gradients) ** 0.5
    assert float(wrapper.step_scalars['grad_norm']) == pytest.approx(expected, rel=1e-5)
    assert float(wrapper.step_scalars['skipped']) == 0


@pytest.mark.parametrize('clip', [None, dict(max_norm=1.0)])
@pytest.mark.parametrize('fault', [float('inf'), float('nan')])
def test_a_step_that_is_not_finite_changes_nothing(clip, fault):
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wrapper = GuardedOptimWrapper(optimizer=optimizer, clip_grad=clip)
    images = torch.randn(2, 3, 8, 8)
    before = copy.deepcopy(model.state_dict())
    bad = images.clone()
    bad[0, 0, 0, 0] = fault
    after = steps(wrapper, model, [bad])
    assert not wrapper.finite and float(wrapper.step_scalars['skipped']) == 1
    assert all(torch.equal(before[name], after[name]) for name in before)
    after = steps(wrapper, model, [images])
    assert wrapper.finite and not torch.equal(before['0.weight'], after['0.weight'])


def test_mixed_precision_on_a_cpu():
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wrapper = GuardedOptimWrapper(optimizer=optimizer, dtype='bfloat16')
    images = torch.randn(2, 3, 8, 8)
    seen = []
    model[0].register_forward_hook(lambda *args: seen.append(args[-1].dtype))
    reference = make_model()
    reference.load_state_dict(model.state_dict())
    found = steps(wrapper, model, [images])
    assert seen == [torch.bfloat16] and wrapper.loss_scaler is None
    plain = OptimWrapper(torch.optim.SGD(reference.parameters(), lr=0.1))
    expected = steps(plain, reference, [images])
    found, expected = found['0.weight'], expected['0.weight']
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=0.02, atol=1e-3)


@pytest.mark.skipif(torch.cuda.is_available(), reason='has a GPU')
def test_depthwise_convolutions_go_back_quickly():
    model = nn.Conv2d(4, 4, 5, groups=4, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wrapper = GuardedOptimWrapper(optimizer=optimizer, dtype='bfloat16')
    with wrapper.optim_context(model):
        output = model(torch.randn(1, 4, 8, 8))
    assert type(output.grad_fn).__name__ == '_DepthwiseBackward'


@pytest.mark.skipif(torch.cuda.is_available(), reason='has a GPU')
def test_float16_needs_a_gpu():
    optimizer = torch.optim.SGD(make_model().parameters(), lr=0.1)
    with pytest.raises(UserError, match="needs a GPU.*use 'bfloat16'"):
        GuardedOptimWrapper(optimizer=optimizer, dtype='float16')


def test_another_type_is_refused():
    optimizer = torch.optim.SGD(make_model().parameters(), lr=0.1)
    with pytest.raises(UserError, match='float16 or bfloat16'):
        GuardedOptimWrapper(optimizer=optimizer, dtype='int8')


def test_a_state_that_lies_otherwise_in_memory_is_laid_out(tmp_path):
    """Fused optimizers walk through memory, whatever the strides are."""
    images = torch.randn(3, 2, 3, 8, 8)
    results = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(1)
        model = make_model()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, fused=True)
        wrapper = GuardedOptimWrapper(optimizer=optimizer)
        steps(wrapper, model, images[:2])
        checkpoint = tmp_path / 'a.pth'
        torch.save((model.state_dict(), wrapper.state_dict()), checkpoint)
        weights, state = torch.load(checkpoint)
        model = make_model().to(memory_format=layout)
        model.load_state_dict(weights)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, fused=True)
        wrapper = GuardedOptimWrapper(optimizer=optimizer)
        wrapper.load_state_dict(state)
        results.append(steps(wrapper, model, images[2:]))
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name])


def test_a_checkpoint_of_another_precision_is_resumed():
    model = make_model()
    wrapper = GuardedOptimWrapper(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    state = wrapper.state_dict()
    assert 'loss_scaler' not in state
    wrapper.load_state_dict(dict(state, loss_scaler=dict(scale=2.0)))


def test_it_is_registered():
    assert OPTIM_WRAPPERS.get('GuardedOptimWrapper') is GuardedOptimWrapper


def test_weights_of_equal_options_are_one_group():
    model = make_model()
    groups = [dict(params=[p], lr=0.1 if p.ndim > 1 else 0.2) for p in model.parameters()]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0, fused=True)
    wrapper = GuardedOptimWrapper(optimizer=optimizer)
    assert [len(group['params']) for group in optimizer.param_groups] == [2, 2]
    assert [group['lr'] for group in optimizer.param_groups] == [0.1, 0.2]
    before = copy.deepcopy(model.state_dict())
    after = steps(wrapper, model, [torch.randn(2, 3, 8, 8)])
    # the first step of Adam is as long as the rate
    for name, value in after.items():
        length = (value - before[name]).abs().max()
        assert length == pytest.approx(0.1 if value.ndim > 1 else 0.2, rel=1e-3)


def test_a_checkpoint_of_another_optimizer_is_refused():
    model = make_model()
    groups = [dict(params=[p], lr=i + 1.0) for i, p in enumerate(model.parameters())]
    other = GuardedOptimWrapper(optimizer=torch.optim.SGD(groups))
    wrapper = GuardedOptimWrapper(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(UserError, match='of another optimizer'):
        wrapper.load_state_dict(other.state_dict())

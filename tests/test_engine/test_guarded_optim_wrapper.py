import copy

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import OPTIM_WRAPPERS
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.analysis.device_waits import DeviceWaits
from mmpose_uda.engine.guarded_optim_wrapper import GuardedOptimWrapper
from mmpose_uda.engine.loss_scaling import LONGEST_SEARCH
from mmpose_uda.models.pose_estimators import TeacherEMA


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


OPTIMIZERS = dict(
    adamw=dict(type=torch.optim.AdamW, weight_decay=0.05, fused=True),
    adam=dict(type=torch.optim.Adam, weight_decay=0.05, fused=True),
    momentum=dict(type=torch.optim.SGD, momentum=0.9, weight_decay=0.05, fused=True),
    sgd=dict(type=torch.optim.SGD, fused=True),
    foreach=dict(type=torch.optim.AdamW, weight_decay=0.05, foreach=True),
    another=dict(type=torch.optim.RMSprop, momentum=0.9, weight_decay=0.05),
)
FAULTS = dict(
    infinite_image=lambda loss: loss * float('inf'),
    loss_alone=lambda loss: loss + float('inf'),
    loss_is_no_number=lambda loss: loss + float('nan'),
    gradient_alone=lambda loss: torch.where(loss > 0, loss, (loss - loss).sqrt()),
)


class Training:
    """A student, its teacher, and steps at faults."""

    def __init__(self, optimizer, clip=None, lr=0.01, scaler=None):
        torch.manual_seed(0)
        self.model = make_model()
        kind, options = optimizer['type'], dict(optimizer, lr=lr)
        del options['type']
        self.wrapper = GuardedOptimWrapper(
            optimizer=kind(self.model.parameters(), **options),
            clip_grad=copy.deepcopy(clip),
        )
        self.wrapper.loss_scaler = scaler
        self.teacher = TeacherEMA(self.model, momentum=0.3)
        self.teacher.update_parameters(self.model)

    def step_without_a_look(self, images, fault):
        """One step of both networks."""
        self.wrapper.update_params(fault(self.model(images).square().mean()))
        self.teacher.update_parameters(self.model, self.wrapper.finite)

    def step(self, images, fault=lambda loss: loss):
        """One step; whether it was counted as skipped."""
        self.step_without_a_look(images, fault)
        return bool(self.wrapper.step_scalars['skipped'])

    def state(self):
        """All that a checkpoint holds, by name."""
        found = {f'student {k}': v for k, v in self.model.state_dict().items()}
        found |= {f'teacher {k}': v for k, v in self.teacher.state_dict().items()}
        for index, state in self.wrapper.state_dict()['state'].items():
            found |= {f'optimizer {index} {k}': v for k, v in state.items()}
        return copy.deepcopy({k: v for k, v in found.items() if v is not None})


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=0, msg=name)


@pytest.mark.parametrize('clip', [None, *CLIPS[1:]])
@pytest.mark.parametrize('fault', FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize('optimizer', OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_step_that_is_not_finite_is_none(optimizer, fault, clip):
    """Bit for bit, be it the first, the last or between two."""
    batches = torch.randn(3, 2, 3, 8, 8)
    found, expected = Training(optimizer, clip), Training(optimizer, clip)
    for images in batches:
        assert found.step(images, fault) and not found.wrapper.finite
        assert_same(found.state(), expected.state())
        assert not found.step(images) and not expected.step(images)
        assert found.wrapper.finite
    assert found.step(images, fault)
    assert_same(found.state(), expected.state())


@pytest.mark.parametrize('name', ['adamw', 'adam', 'momentum', 'sgd'])
def test_the_host_waits_for_no_step_but_the_first(name):
    training = Training(OPTIMIZERS[name], clip=dict(max_norm=1.0))
    images = torch.randn(2, 3, 8, 8)
    training.step(images)
    for factor, is_finite in ((torch.tensor(float('nan')), False), (torch.ones(()), True)):
        with DeviceWaits() as waits:
            training.step_without_a_look(images, factor.__mul__)
        assert not waits.counts
        assert bool(training.wrapper.finite) == is_finite


@pytest.mark.parametrize('name', ['sgd', 'adamw'])
def test_the_teacher_does_not_follow_weights_that_overflow(name):
    training = Training(OPTIMIZERS[name], lr=1e38)
    before = copy.deepcopy(training.teacher.state_dict())
    images = torch.randn(2, 3, 8, 8)
    while training.model[0].weight.isfinite().all():
        before = copy.deepcopy(training.teacher.state_dict())
        is_skipped = training.step(images, lambda loss: loss * 1e3)
    assert is_skipped and not training.wrapper.finite
    assert_same(training.teacher.state_dict(), before)


def test_the_search_for_a_scale_is_no_failure_until_it_finds_none():
    scaler = torch.amp.GradScaler('cpu')
    training = Training(OPTIMIZERS['adamw'], scaler=scaler)
    images = torch.randn(2, 3, 8, 8)
    assert not training.step(images)
    before, scale = training.state(), scaler.get_scale()

    def overflow(loss):
        loss.register_hook(lambda gradient: gradient * float('inf'))
        return loss

    skipped = [training.step(images, overflow) for _ in range(LONGEST_SEARCH)]
    assert skipped == [False] * LONGEST_SEARCH and not training.wrapper.finite
    assert scaler.get_scale() == scale * 2.0**-LONGEST_SEARCH
    assert training.step(images, overflow)
    assert_same(training.state(), before)
    assert not training.step(images) and training.wrapper.finite
    assert not training.step(images, overflow)


def test_a_scaled_loss_that_is_not_finite_is_a_failure():
    training = Training(OPTIMIZERS['adamw'], scaler=torch.amp.GradScaler('cpu'))
    images = torch.randn(2, 3, 8, 8)
    training.step(images)
    before = training.state()
    assert training.step(images, FAULTS['loss_alone'])
    assert_same(training.state(), before)


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

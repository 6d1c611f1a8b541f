from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import LoggerHook, RuntimeInfoHook
from mmengine.logging import MessageHub

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import StepScalarsHook


class Runner(SimpleNamespace):
    """As much of a runner as the hook asks for."""

    def __init__(self, name, hook, interval=4, phase_end=100):
        super().__init__(
            iter=0,
            max_iters=100,
            hooks=[hook, LoggerHook(interval=interval)],
            message_hub=MessageHub.get_instance(name),
            train_dataloader=range(1000),
            optim_wrapper=SimpleNamespace(step_scalars={}),
            train_loop=SimpleNamespace(phase=SimpleNamespace(end=phase_end)),
        )


@pytest.fixture
def values():
    torch.manual_seed(0)
    return torch.rand(11, 2)


def run(hook, runner, values):
    for row in values:
        outputs = dict(loss=row[0], accuracy=row[1], share=0.5)
        hook.after_train_iter(runner, runner.iter, outputs=outputs)
        runner.iter += 1


def history(runner):
    scalars = runner.message_hub.log_scalars
    return {key: scalars[key].data[0].tolist() for key in scalars}


def test_the_hub_gets_what_mmengine_would_give_it(values, request):
    found, expected = (
        Runner(f'{request.node.name} {i}', hook)
        for i, hook in enumerate((StepScalarsHook(), RuntimeInfoHook()))
    )
    run(found.hooks[0], found, values)
    run(expected.hooks[0], expected, values[:8])
    # of 11 steps, 8 were logged
    assert history(found) == history(expected)
    run(expected.hooks[0], expected, values[8:])
    found.hooks[0].before_save_checkpoint(found, dict(state_dict={}))
    assert history(found) == history(expected)


def test_it_asks_the_device_once_a_line(values, request, monkeypatch):
    runner = Runner(request.node.name, StepScalarsHook())
    asked = []
    tolist = torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, 'tolist', lambda x: asked.append(len(x)) or tolist(x))
    monkeypatch.setattr(torch.Tensor, 'item', None)
    run(runner.hooks[0], runner, values)
    assert asked == [8, 8]


def test_the_end_of_a_phase_is_a_line_too(values, request):
    runner = Runner(request.node.name, StepScalarsHook(), interval=50, phase_end=11)
    run(runner.hooks[0], runner, values[:10])
    assert not history(runner)
    run(runner.hooks[0], runner, values[10:])
    assert len(history(runner)['train/loss']) == 11


def test_scalars_of_the_optimizer_wrapper_are_logged(values, request):
    runner = Runner(request.node.name, StepScalarsHook(), interval=2)
    for row in values[:3]:  # two of them are steps
        if runner.iter != 1:
            runner.optim_wrapper.step_scalars = dict(grad_norm=torch.tensor(3.0))
        run(runner.hooks[0], runner, row[None])
    runner.hooks[0].before_save_checkpoint(runner, dict(state_dict={}))
    assert history(runner)['train/grad_norm'] == [3.0, 3.0]
    assert len(history(runner)['train/loss']) == 3


@pytest.mark.parametrize('fault', [float('inf'), float('nan')])
def test_no_checkpoint_is_made_of_weights_that_are_not_finite(request, fault):
    runner = Runner(request.node.name, StepScalarsHook())
    weights = {'steps': torch.tensor(3), 'head.weight': torch.ones(2)}
    runner.hooks[0].before_save_checkpoint(runner, dict(state_dict=weights))
    weights['head.weight'][1] = fault
    with pytest.raises(UserError, match='of iteration 0 has .* as head.weight, .* lower'):
        runner.hooks[0].before_save_checkpoint(runner, dict(state_dict=weights))

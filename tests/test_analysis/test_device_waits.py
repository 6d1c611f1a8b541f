import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub
from torch import nn

from mmpose_uda.analysis.device_waits import DeviceWaits

OURS = __name__.split('.')[0]

# What makes Python wait, for a tensor that a network made.
WAITING = dict(
    item=lambda x: x.sum().item(),
    condition=lambda x: bool(x.sum() > 0),
    number=lambda x: float(x[0, 0]),
    nonzero=lambda x: x.nonzero(),
    mask=lambda x: x[x > 0],
    assignment=lambda x: x.detach().clone().__setitem__(x > 0, x[x > 0].detach()),
    masked_select=lambda x: x.masked_select(x > 0),
    unique=lambda x: x.detach().unique(),
    equal=lambda x: torch.equal(x, x + 1),
    inverse=lambda x: torch.linalg.inv(x),
    cpu=lambda x: x.cpu(),
    to=lambda x: x.to('cpu'),
    tolist=lambda x: x.tolist(),
    numpy=lambda x: x.detach().numpy(),
    array=lambda x: np.asarray(x.detach().cpu()),
)
FREE = dict(
    arithmetic=lambda x: (x @ x.T).softmax(0).max(dim=1),
    fill=lambda x: x.detach().clone().__setitem__(x > 0, 0.0),
    where=lambda x: torch.where(x > 0, x, -x),
    gather=lambda x: x[torch.tensor([1, 0])],
    moved=lambda x: torch.rand(3).to(x.device) + x[0],
    draws=lambda x: x[(torch.rand(3) < 0.5).nonzero()[:, 0]],
    constant=lambda x: torch.tensor([1.0, 2.0]).sum().item(),
    backward=lambda x: x.sum().backward(),
    shape=lambda x: x.new_zeros(x.shape[0], 4),
)


def waits_of(function, inputs=None):
    """How often a function waits, given the output of a network."""
    torch.manual_seed(0)
    output = nn.Linear(3, 3)(torch.rand(3, 3))
    with DeviceWaits() as waits:
        function(output)
    return waits.counts


@pytest.mark.parametrize('function', WAITING.values(), ids=WAITING)
def test_waits_are_found(function):
    counts = waits_of(function)
    assert counts.total() == (2 if function is WAITING['assignment'] else 1)
    assert {wait.owner for wait in counts} == {OURS}
    assert all(f'{__name__}.<lambda>' in wait.place for wait in counts)


@pytest.mark.parametrize('function', FREE.values(), ids=FREE)
def test_what_needs_no_value_does_not_wait(function):
    assert not waits_of(function)


def test_values_of_the_device_make_a_constant_one():
    def fill(output):
        total = torch.zeros(3)
        assert total[0].item() == 0
        total[0] = output[0, 0]
        return total[0].item()

    (wait,) = waits_of(fill)
    assert '.fill:' in wait.place


def test_the_steps_of_an_optimizer_are_on_the_host():
    def train(output):
        parameter = nn.Parameter(torch.ones(3))
        optimizer = torch.optim.AdamW([parameter])
        for _ in range(2):
            (parameter * output.detach()).sum().backward()
            optimizer.step()

    assert not waits_of(train)


def test_mmengine_owns_what_it_reads_itself():
    hub = MessageHub.get_instance('waits')
    (wait,) = waits_of(lambda output: _logger(hub, output.sum()))
    assert wait.owner == OURS  # it had been called by this file

    loss = torch.ones(1)
    with DeviceWaits() as waits:
        hub.update_scalar('train/loss', loss)
    (wait,) = waits.counts
    assert wait.owner == 'mmengine'
    assert wait.place.startswith('mmengine.logging.message_hub._get_valid_value:')


def _logger(hub, value):
    hub.update_scalar('train/loss', value)


def test_waits_of_the_backward_pass_are_not_mmengines():
    class Waiting(torch.autograd.Function):
        @staticmethod
        def forward(ctx, inputs):
            return inputs.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * (gradient.sum() > 0).item()

    counts = waits_of(lambda output: Waiting.apply(output).sum().backward())
    (wait,) = counts
    assert wait.owner == OURS and '.backward:' in wait.place


def test_waits_of_autograd_itself_are_those_of_the_backward_pass():
    output = nn.Linear(3, 3)(torch.rand(3, 3))
    chosen = output[output > 0]
    with DeviceWaits() as waits:
        chosen.sum().backward()
    (wait,) = waits.counts
    assert wait.owner == 'backward'

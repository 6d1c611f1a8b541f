import pytest
import torch
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.pose_estimators.progress import Progress


def train(progress, layer, optimizer, passes, accumulate=1, late_zero=False):
    """Steps done as each of some forward passes sees it."""
    seen = []
    for number in range(1, passes + 1):
        progress(layer.parameters())
        seen.append(int(progress.steps))
        loss = layer(torch.ones(1, 2)).sum()
        if late_zero:
            optimizer.zero_grad(set_to_none=False)
        loss.backward()
        if number % accumulate == 0 or number == passes:
            assert not progress.is_between_steps(layer.parameters())
            optimizer.step()
            if not late_zero:
                optimizer.zero_grad()
            assert progress.is_between_steps(layer.parameters())
    return seen


OPTIMIZERS = dict(
    sgd=lambda p: torch.optim.SGD(p, lr=0.1),
    adam_foreach=lambda p: torch.optim.AdamW(p, lr=0.1, foreach=True),
    adam_fused=lambda p: torch.optim.AdamW(p, lr=0.1, fused=True),
)


@pytest.mark.parametrize('name', OPTIMIZERS)
def test_it_counts_the_steps_of_the_optimizer(name):
    layer = nn.Linear(2, 1)
    progress, optimizer = Progress(), OPTIMIZERS[name](layer.parameters())
    assert train(progress, layer, optimizer, 4) == [0, 1, 2, 3]
    progress.begin_phase()
    assert train(progress, layer, optimizer, 9, accumulate=2) == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert progress.begun == 5


def test_gradients_that_stay_until_the_next_pass_are_no_accumulation():
    layer = nn.Linear(2, 1)
    progress, optimizer = Progress(), OPTIMIZERS['sgd'](layer.parameters())
    assert train(progress, layer, optimizer, 4, late_zero=True) == [0, 1, 2, 3]


def test_an_accumulation_that_a_new_phase_cuts_short_begins_again():
    layer = nn.Linear(2, 1)
    progress = Progress()
    for _ in range(2):
        progress.begin_phase()
        progress(layer.parameters())
        assert progress.begun == 1
        layer(torch.ones(1, 2)).sum().backward()


def test_a_resumed_run_counts_on():
    layer = nn.Linear(2, 1)
    progress, resumed = Progress(), Progress()
    optimizer = OPTIMIZERS['sgd'](layer.parameters())
    train(progress, layer, optimizer, 3)
    resumed.load_state_dict(progress.state_dict())
    resumed.require_known()
    assert train(resumed, layer, optimizer, 2) == [3, 4]


def test_a_state_without_progress_is_told():
    progress = Progress()
    progress.load_state_dict({})
    with pytest.raises(UserError, match='earlier version'):
        progress.require_known()

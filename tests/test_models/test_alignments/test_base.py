import pytest
import torch

from mmpose_uda.models.alignments import MeanTeacherConsistency


@pytest.fixture
def part():
    return MeanTeacherConsistency(loss_weight=2.0, ramp_iters=10)


@pytest.mark.parametrize('steps, weight', [(0, 0), (1, 0.2), (5, 1), (9, 1.8)])
def test_the_weight_ramps_linearly(part, steps, weight):
    assert part.weight_at(torch.tensor(steps)).item() == pytest.approx(weight)


@pytest.mark.parametrize('steps', [10, 11, 10**6])
def test_the_weight_stays(part, steps):
    assert part.weight_at(torch.tensor(steps)) == 2.0


def test_without_a_ramp_the_first_step_has_full_weight():
    assert MeanTeacherConsistency(loss_weight=3.0).weight_at(torch.tensor(0)) == 3.0

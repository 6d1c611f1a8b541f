import pytest

from mmpose_uda.models.alignments import MeanTeacherConsistency


@pytest.fixture
def part():
    return MeanTeacherConsistency(loss_weight=2.0, ramp_iters=10)


@pytest.mark.parametrize('phase_iter, weight', [(0, 0), (1, 0.2), (5, 1), (9, 1.8)])
def test_the_weight_ramps_linearly(part, phase_iter, weight):
    assert part.weight_at(phase_iter) == pytest.approx(weight)


@pytest.mark.parametrize('phase_iter', [10, 11, 10**6, None])
def test_the_weight_stays(part, phase_iter):
    assert part.weight_at(phase_iter) == 2.0


def test_without_a_ramp_the_first_step_has_full_weight():
    assert MeanTeacherConsistency(loss_weight=3.0).weight_at(0) == 3.0

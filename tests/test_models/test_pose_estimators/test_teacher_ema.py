import copy

import pytest
import torch
from model_factory import equal_states
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.models.pose_estimators import TeacherEMA


@pytest.fixture
def student():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


def change(module):
    """Move weights and statistics, as a training step does."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter))
    module.train()
    module(torch.randn(2, 3, 8, 8) * 3 + 1)


def test_the_first_update_copies_the_student(student):
    teacher = TeacherEMA(student)
    change(student)
    assert not equal_states(teacher.module.state_dict(), student.state_dict())
    teacher.update_parameters(student)
    assert equal_states(teacher.module.state_dict(), student.state_dict())


@pytest.mark.parametrize('momentum', [0.01, 0.3])
def test_averages_parameters_and_copies_buffers(student, momentum):
    teacher = TeacherEMA(student, momentum=momentum)
    averages = None
    for step in range(12):
        change(student)
        teacher.update_parameters(student)
        rate = max(momentum, 1 / (step + 1))
        latest = [p.detach().double() for p in student.parameters()]
        if averages is None:
            averages = latest
        averages = [(1 - rate) * a + rate * b for a, b in zip(averages, latest)]
    for found, expected in zip(teacher.module.parameters(), averages):
        torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-4)
    for found, expected in zip(teacher.module.buffers(), student.buffers()):
        assert torch.equal(found, expected)
    assert teacher.module[1].num_batches_tracked == 12


def test_a_long_run_is_remembered_by_its_length(student):
    long = TeacherEMA(student, momentum=0.1, memory=0.25)
    short = TeacherEMA(student, momentum=0.1)
    for step in range(200):
        long.steps.fill_(step)
        short.steps.fill_(step)
        # 10 steps are a quarter of 40
        expected = max(0.1, 1 / (step + 1)) if step < 40 else 1 / (0.25 * (step + 1))
        assert long.rate.item() == pytest.approx(expected)
        assert (long.rate == short.rate) == (step < 40)


def test_a_good_start_counts_as_many_steps(student):
    teacher = TeacherEMA(student, memory=1.0, start_steps=5)
    teacher.update_parameters(student)
    weights = [[p.detach().double() for p in student.parameters()]] * 5
    for _ in range(7):
        change(student)
        teacher.update_parameters(student)
        weights.append([p.detach().double() for p in student.parameters()])
    for found, all_of_it in zip(teacher.module.parameters(), zip(*weights)):
        expected = torch.stack(all_of_it).mean(0)
        torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-4)


def test_a_start_of_no_step_is_refused(student):
    with pytest.raises(UserError, match='1 or more, not 0'):
        TeacherEMA(student, start_steps=0)


@pytest.mark.parametrize('memory', [0, -0.1, 1.5])
def test_a_memory_that_is_no_share_is_refused(student, memory):
    with pytest.raises(UserError, match=f'memory must be above 0 .* not {memory}'):
        TeacherEMA(student, memory=memory)


def test_stays_in_evaluation_mode(student):
    teacher = TeacherEMA(student)
    around = nn.ModuleDict(dict(student=student, teacher=teacher))
    for _ in range(2):
        assert around.train() is around
        assert student.training and student[1].training
        assert not any(module.training for module in teacher.modules())


def test_a_forward_does_not_touch_its_statistics(student):
    teacher = TeacherEMA(student)
    change(student)
    teacher.update_parameters(student)
    teacher.train()
    teacher(torch.randn(2, 3, 8, 8))
    assert equal_states(teacher.module.state_dict(), student.state_dict())


def test_needs_no_gradient_and_shares_nothing(student):
    teacher = TeacherEMA(student)
    assert not any(p.requires_grad for p in teacher.parameters())
    assert all(p.requires_grad for p in student.parameters())
    own = {t.data_ptr() for t in teacher.state_dict().values()}
    assert own.isdisjoint(t.data_ptr() for t in student.state_dict().values())


def test_goes_on_after_a_restart_bit_for_bit(student):
    teacher = TeacherEMA(student, momentum=0.2)
    for _ in range(3):
        change(student)
        teacher.update_parameters(student)
    stored = copy.deepcopy(teacher.state_dict())
    restarted = TeacherEMA(student, momentum=0.2)
    restarted.load_state_dict(stored, strict=True)
    assert equal_states(restarted.state_dict(), teacher.state_dict())
    for _ in range(3):
        change(student)
        teacher.update_parameters(student)
        restarted.update_parameters(student)
    assert equal_states(restarted.state_dict(), teacher.state_dict())
    assert restarted.steps == 6

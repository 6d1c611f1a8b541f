import pytest
import torch

from mmpose_uda.engine.inverse_time_lr import InverseTimeLR


def test_follows_the_public_code():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1e-4)
    scheduler = InverseTimeLR(optimizer, decay=0.1, by_epoch=False)
    for step in range(30):
        expected = 1e-4 / (1 + 0.1 * step)
        assert optimizer.param_groups[0]['lr'] == pytest.approx(expected)
        optimizer.step()
        scheduler.step()


def test_goes_on_after_a_resume():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1e-4)
    scheduler = InverseTimeLR(optimizer, decay=0.1, by_epoch=False)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    other = torch.optim.SGD([torch.zeros(1)], lr=1e-4)
    resumed = InverseTimeLR(other, decay=0.1, by_epoch=False)
    other.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    other.step()
    resumed.step()
    assert other.param_groups[0]['lr'] == pytest.approx(1e-4 / 1.4)

import pytest
import torch

from mmpose_uda.models.losses import LaplaceScaleLoss


def test_is_the_likelihood_of_the_errors():
    generator = torch.Generator().manual_seed(0)
    log_scales = torch.randn(2, 3, generator=generator)
    errors = torch.rand(2, 3, 2, generator=generator)
    weights = torch.tensor([[1.0, 0.5, 0], [1, 1, 0.2]])
    laplace = torch.distributions.Laplace(0.0, log_scales.exp().unsqueeze(-1))
    expected = -(weights * laplace.log_prob(errors).mean(-1)).mean()
    found = LaplaceScaleLoss(loss_weight=0.3)(log_scales, errors, weights)
    torch.testing.assert_close(found, 0.3 * expected)


def test_the_least_loss_is_at_the_mean_error():
    log_scales = torch.zeros(1, 1, requires_grad=True)
    errors = torch.tensor([[[0.03, 0.09]]])
    optimizer = torch.optim.Adam([log_scales], lr=0.05)
    for _ in range(300):
        loss = LaplaceScaleLoss()(log_scales, errors, torch.ones(1, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert log_scales.exp().item() == pytest.approx(0.06, rel=0.01)


def test_no_gradient_reaches_the_errors():
    errors = torch.rand(1, 2, 2, requires_grad=True)
    log_scales = torch.zeros(1, 2, requires_grad=True)
    LaplaceScaleLoss()(log_scales, errors, torch.tensor([[1.0, 0]])).backward()
    assert errors.grad is None
    assert log_scales.grad[0, 0] != 0 and log_scales.grad[0, 1] == 0

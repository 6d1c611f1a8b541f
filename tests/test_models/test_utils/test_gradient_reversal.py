import torch

from mmpose_uda.models.utils import reverse_gradient


def test_values_pass_and_gradients_turn_round():
    features = torch.randn(2, 3, requires_grad=True)
    out = reverse_gradient(features, torch.tensor(0.3))
    torch.testing.assert_close(out, features)
    weights = torch.randn(2, 3)
    (out * weights).sum().backward()
    torch.testing.assert_close(features.grad, -0.3 * weights)


def test_half_precision_gradients_stay_so():
    features = torch.randn(4, dtype=torch.bfloat16, requires_grad=True)
    reverse_gradient(features, torch.tensor(1.0)).sum().backward()
    assert features.grad.dtype == torch.bfloat16
    assert (features.grad == -1).all()

import torch

from mmpose_uda.models.utils import constant, constant_index


def test_numbers_of_the_type_of_another_tensor():
    like = torch.zeros(2, dtype=torch.float64)
    assert torch.equal(constant((3, 0.5), like), torch.tensor([3, 0.5], dtype=like.dtype))
    index = constant_index([2, 0, 1], like)
    assert index.dtype == torch.long and index.tolist() == [2, 0, 1]


def test_it_is_made_once(monkeypatch):
    like = torch.zeros(2)
    first = constant((7.25, 1), like)
    monkeypatch.setattr(torch, 'tensor', None)
    assert constant([7.25, 1], like) is first


def test_one_that_was_first_asked_for_without_gradients_takes_part_in_them():
    weight = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        factor = constant((11.5, 2), torch.zeros(1))
    (factor * weight).sum().backward()
    assert weight.grad.tolist() == [11.5, 2]

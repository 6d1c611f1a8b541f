import torch

from mmpose_uda.models.style_networks import StyleBank


def test_keeps_the_first_styles():
    bank = StyleBank(5)
    assert len(bank) == 0 and not bank.is_full
    means, stds = torch.rand(2, 9, 4, 1, 1).unbind(0)
    bank.add(means[:3], stds[:3])
    assert len(bank) == 3 and not bank.is_full
    bank.add(means[3:], stds[3:])
    assert len(bank) == 5 and bank.is_full
    index = torch.tensor([4, 0, 4])
    mean, std = bank.pick(index)
    assert torch.equal(mean, means[index]) and torch.equal(std, stds[index])

import pytest
import torch

from mmpose_uda.models.heads import DomainDiscriminator


def test_a_logit_per_position_of_a_map():
    discriminator = DomainDiscriminator(12, channels=(8, 4))
    features = torch.randn(2, 12, 5, 7)
    assert discriminator(features).shape == (2, 1, 5, 7)


def test_tokens_do_not_see_each_other():
    discriminator = DomainDiscriminator(12, channels=(8,), kernel_size=1)
    tokens = torch.randn(2, 9, 12)
    logits = discriminator(tokens)
    assert logits.shape == (2, 1, 9, 1)
    tokens[:, 3] += 1
    changed = discriminator(tokens) != logits
    assert changed[:, :, 3].all() and changed.sum() == 2


def test_it_learns_to_tell_two_domains_apart():
    torch.manual_seed(0)
    discriminator = DomainDiscriminator(3, channels=(8,))
    discriminator.init_weights()
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-2)
    for _ in range(60):
        source, target = torch.randn(8, 3, 6, 6), torch.randn(8, 3, 6, 6) + 0.8
        loss = torch.nn.functional.softplus(discriminator(source)).mean()
        loss = loss + torch.nn.functional.softplus(-discriminator(target)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3


@pytest.mark.parametrize('channels', [(), (4, 4, 4)])
def test_depth_follows_channels(channels):
    layers = DomainDiscriminator(2, channels=channels).layers
    assert len([m for m in layers if isinstance(m, torch.nn.Conv2d)]) == len(channels) + 1

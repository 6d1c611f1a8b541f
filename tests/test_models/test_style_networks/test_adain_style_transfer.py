import pytest
import torch
from style_factory import decoder_weights, restyled
from torch.optim import Adam

from mmpose_uda import UserError
from mmpose_uda.models.style_networks import AdaINStyleTransfer, VGG19Style


@pytest.fixture
def model(files):
    return AdaINStyleTransfer(files['public'], style_weight=3.0)


@pytest.fixture
def pictures():
    content = torch.randint(0, 120, (2, 3, 16, 24), dtype=torch.uint8)
    style = torch.randint(60, 256, (2, 3, 24, 16), dtype=torch.uint8)
    return content, style


def moments(features):
    """Mean and deviation of each channel, one after the other."""
    flat = [[channel.flatten() for channel in image] for image in features]
    mean = torch.stack([torch.stack([x.mean() for x in row]) for row in flat])
    var = torch.stack([torch.stack([x.var() for x in row]) for row in flat])
    return mean, (var + 1e-5).sqrt()


@torch.no_grad()
def test_losses_are_those_of_the_paper(model, pictures):
    content, style = (p.float().flip(1) / 255 for p in pictures)
    features_c, features_s = model.encoder(content), model.encoder(style)
    (mean_c, std_c), (mean_s, std_s) = moments(features_c[-1]), moments(features_s[-1])
    t = (features_c[-1] - mean_c[..., None, None]) / std_c[..., None, None]
    t = t * std_s[..., None, None] + mean_s[..., None, None]
    found = model.encoder(model.decoder(t))
    loss_style = 0.0
    for own, wanted in zip(found, features_s):
        for a, b in zip(moments(own), moments(wanted)):
            loss_style += (a - b).square().mean()
    losses = model.loss(*pictures)
    assert set(losses) == {'loss_content', 'loss_style'}
    expected = (found[-1] - t).square().mean()
    torch.testing.assert_close(losses['loss_content'], expected, rtol=1e-3, atol=1e-5)
    expected = 3.0 * loss_style
    torch.testing.assert_close(losses['loss_style'], expected, rtol=1e-3, atol=1e-5)


def test_only_the_decoder_learns(model, pictures):
    assert {name.split('.')[0] for name, _ in model.named_parameters()} == {'decoder'}
    assert set(model.decoder.state_dict()) == set(decoder_weights())
    before = [buffer.clone() for buffer in model.encoder.buffers()]
    optimizer = Adam(model.parameters(), lr=1e-3)
    totals = []
    for _ in range(6):
        total = sum(model.loss(*pictures).values())
        optimizer.zero_grad()
        total.backward()
        assert all(p.grad.abs().sum() > 0 for p in model.parameters())
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < totals[0]
    assert all(map(torch.equal, before, model.encoder.buffers()))


def test_each_step_draws_a_direction(model, pictures, monkeypatch):
    seen = []
    monkeypatch.setattr(model, 'loss', lambda content, style: seen.append(content) or {})
    inputs = dict(source=pictures[0], target=pictures[1])
    for _ in range(100):
        model(inputs, mode='loss')
    assert all(any(content is picture for picture in pictures) for content in seen)
    assert 30 < sum(content is pictures[0] for content in seen) < 70


def test_shows_what_the_style_network_will_do(files, model, pictures):
    model.decoder.load_state_dict(decoder_weights())
    network = VGG19Style(files['public'], files['decoder'])
    content, style = pictures[0], pictures[1].transpose(2, 3)
    expected = restyled(network, content, style, torch.ones(2, 1, 1, 1))
    found = model(dict(source=content, target=style))
    torch.testing.assert_close(found, expected, rtol=0, atol=0.02)


def test_its_phases_have_one_part(model):
    model.set_phase(['decoder'])
    with pytest.raises(UserError, match=r"parts=\['decoder'\]"):
        model.set_phase(['supervised'])


def test_a_missing_encoder():
    with pytest.raises(UserError, match='no file vgg_normalised.pth .*encoder'):
        AdaINStyleTransfer('vgg_normalised.pth')

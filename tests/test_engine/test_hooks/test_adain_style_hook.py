from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from style_factory import write_style_files
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import AdaINStyleHook
from mmpose_uda.engine.hooks.adain_style_hook import restyle
from mmpose_uda.models.style_networks import PyramidStyle, StyleBank, VGG19Style
from mmpose_uda.models.utils import pyramid_adain

ALWAYS = dict(prob=1.0, alpha=(1.0, 1.0))
MODEL = nn.Linear(1, 1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def content():
    return torch.randint(0, 100, (8, 3, 16, 24), dtype=torch.uint8)


@pytest.fixture
def style():
    return torch.randint(60, 256, (8, 3, 16, 24), dtype=torch.uint8)


@pytest.fixture(scope='module')
def vgg(tmp_path_factory):
    """Config of the VGG-19 style network."""
    files = write_style_files(tmp_path_factory.mktemp('style'))
    return dict(type='VGG19Style', encoder=files['public'], decoder=files['decoder'])


@pytest.fixture(scope='module')
def vgg_network(vgg):
    return VGG19Style(vgg['encoder'], vgg['decoder'])


def changed(before, after):
    return [not torch.equal(a.float(), b) for a, b in zip(before, after)]


def test_probability_0_and_1(content, style):
    never = restyle(content, style, PyramidStyle(3), 0.0, (0.5, 1))
    assert torch.equal(never, content.float())
    always = restyle(content, style, PyramidStyle(3), 1.0, (0.5, 1))
    assert all(changed(content, always))
    assert always.min() >= 0 and always.max() <= 255


def test_each_image_draws_for_itself(content, style):
    content, style = content.repeat(50, 1, 1, 1), style.repeat(50, 1, 1, 1)
    some = changed(content, restyle(content, style, PyramidStyle(1), 0.3, (1, 1)))
    assert 0.2 < sum(some) / len(some) < 0.4
    assert some[:8] != some[8:16]


def test_full_strength_is_the_style_of_one_other_image(content, style):
    restyled = restyle(content, style, PyramidStyle(2), 1.0, (1, 1))
    candidates = [
        pyramid_adain(
            content.float(), style[[i]].float().expand(8, -1, -1, -1), 2
        ).clamp(0, 255)
        for i in range(8)
    ]
    partners = set()
    for i in range(8):
        errors = [(restyled[i] - c[i]).abs().max() for c in candidates]
        assert min(errors) < 1e-3
        partners.add(errors.index(min(errors)))
    assert len(partners) > 2


def test_strength_lies_between_image_and_style(content):
    style = torch.full((1, 3, 16, 24), 200, dtype=torch.uint8)
    style[..., ::2] = 100
    full = restyle(content, style, PyramidStyle(1), 1.0, (1, 1))
    part = restyle(content, style, PyramidStyle(1), 1.0, (0.2, 0.6))
    image = content.float()
    ratio = ((part - image) * (full - image)).sum((1, 2, 3))
    ratio = ratio / (full - image).square().sum((1, 2, 3))
    assert ratio.min() > 0.2 - 1e-4 and ratio.max() < 0.6 + 1e-4
    assert ratio.std() > 0.03
    expected = torch.lerp(image, full, ratio.view(-1, 1, 1, 1))
    torch.testing.assert_close(part, expected, atol=1e-2, rtol=0)


def test_follows_the_random_state(content, style):
    torch.manual_seed(5)
    network = PyramidStyle(3)
    first = restyle(content, style, network, 0.5, (0, 1))
    torch.manual_seed(5)
    assert torch.equal(restyle(content, style, network, 0.5, (0, 1)), first)
    assert not torch.equal(restyle(content, style, network, 0.5, (0, 1)), first)


def test_the_published_figures_stay(content, style):
    """Draws and pixels of the pyramid as they were when figures were made with it."""
    torch.manual_seed(5)
    found = restyle(content, style, PyramidStyle(3), 0.5, (0.0, 1.0))
    torch.manual_seed(5)
    partner = torch.randint(8, (8,))
    strength = torch.empty(8, 1, 1, 1).uniform_(0.0, 1.0)
    strength = strength * (torch.rand_like(strength) < 0.5)
    assert 0 < (strength > 0).sum() < 8
    styled = pyramid_adain(content.float(), style.float()[partner], 3).clamp(0, 255)
    assert torch.equal(found, torch.lerp(content.float(), styled, strength))


class Recorder(nn.Module):
    """A style network that paints the strength, and keeps what it was given."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, content, style, strength):
        self.calls.append((content, style, strength))
        return strength.expand_as(content)


def test_only_the_drawn_images_go_through_the_network(content, style):
    network = Recorder()
    found = restyle(content, style, network, 0.5, (0.2, 0.8))
    ((given, partners, strength),) = network.calls
    touched = torch.tensor(changed(content, found))
    assert 0 < touched.sum() < 8
    assert torch.equal(given, content[touched].float())
    assert partners.shape == given.shape and strength.shape == (len(given), 1, 1, 1)
    assert torch.equal(found[touched], strength.expand_as(given))
    restyle(content, style, network, 0.0, (0.2, 0.8))
    assert len(network.calls) == 1


def test_a_draw_for_the_whole_batch(content, style):
    network, restyled = Recorder(), 0
    for _ in range(200):
        found = restyle(content, style, network, 0.5, (0.2, 0.8), per_batch=True)
        touched = changed(content, found)
        assert all(touched) or not any(touched)
        restyled += all(touched)
    assert 70 < restyled < 130 and len(network.calls) == restyled
    strengths = torch.stack([strength for _, _, strength in network.calls])
    assert torch.equal(strengths, strengths[:, :1].expand_as(strengths))
    assert strengths.min() > 0.2 and strengths.max() < 0.8 and strengths.std() > 0.1
    # but each image has a style of its own
    assert not torch.equal(network.calls[0][1], network.calls[1][1])


def test_the_vgg_network(content, style, vgg, vgg_network):
    torch.manual_seed(0)
    source, _ = run(AdaINStyleHook(ALWAYS, style=vgg), content, style)
    torch.manual_seed(0)
    partner = torch.randint(8, (8,))
    expected = vgg_network(content, style[partner], torch.ones(8, 1, 1, 1))
    torch.testing.assert_close(source, expected, rtol=0, atol=1e-2)
    assert source.dtype == torch.float32 and source.shape == content.shape
    never = AdaINStyleHook(dict(prob=0.0, alpha=(1.0, 1.0)), style=vgg)
    source, _ = run(never, content, style)
    assert torch.equal(source, content.float())


def test_kept_styles_take_the_place_of_encoding(content, style, vgg_network, monkeypatch):
    bank = StyleBank(len(style))
    torch.manual_seed(1)
    kept = restyle(content, style, vgg_network, 1.0, (0.3, 1), bank=bank)
    assert bank.is_full
    monkeypatch.setattr(vgg_network, 'statistics', None)
    again = []
    for images in (style, torch.zeros_like(style)):  # these are not looked at any more
        torch.manual_seed(1)
        again.append(restyle(content, images, vgg_network, 1.0, (0.3, 1), bank=bank))
    monkeypatch.undo()
    torch.manual_seed(1)
    encoded = restyle(content, style, vgg_network, 1.0, (0.3, 1))
    for found in (kept, *again):
        torch.testing.assert_close(found, encoded, rtol=0, atol=1e-2)


def test_kept_styles_survive_a_resume(content, style, vgg, tmp_path):
    def make():
        return AdaINStyleHook(ALWAYS, dict(ALWAYS), vgg, bank_size=12)

    def step(hook, seed):
        torch.manual_seed(seed)
        images = [torch.randint(0, 256, content.shape).byte() for _ in range(2)]
        return run(hook, *images)

    whole, checkpoint = make(), {}
    whole.before_train(SimpleNamespace(model=MODEL, iter=0))
    step(whole, 0)
    whole.before_save_checkpoint(None, checkpoint)
    torch.save(checkpoint, tmp_path / 'a.pth')
    expected = [step(whole, 1), step(whole, 2)]

    resumed = make()
    checkpoint = torch.load(tmp_path / 'a.pth', weights_only=True)
    assert [len(styles) for styles in checkpoint['style_banks']] == [8, 8]
    resumed.after_load_checkpoint(None, checkpoint)
    resumed.before_train(SimpleNamespace(model=MODEL, iter=1))
    for found, wanted in zip([step(resumed, 1), step(resumed, 2)], expected):
        assert all(map(torch.equal, found, wanted))
    # a new run from these weights has a target of its own
    resumed.before_train(SimpleNamespace(model=MODEL, iter=0))
    assert all(len(direction.bank) == 0 for direction in resumed.directions)


def test_without_a_bank_nothing_is_saved():
    checkpoint = {}
    AdaINStyleHook(ALWAYS).before_save_checkpoint(None, checkpoint)
    assert checkpoint == {}
    AdaINStyleHook(ALWAYS).after_load_checkpoint(None, checkpoint)


def test_a_bank_needs_statistics():
    with pytest.raises(UserError, match='PyramidStyle has no statistics to keep'):
        AdaINStyleHook(ALWAYS, bank_size=4)


def test_missing_weights_are_told_when_it_is_built(vgg):
    with pytest.raises(UserError, match='no file gone.pth'):
        AdaINStyleHook(ALWAYS, style=dict(vgg, decoder='gone.pth'))


def run(hook, content, style):
    student = style.clone()
    batch = dict(
        inputs=dict(source=content, target_teacher=style, target_student=student)
    )
    hook.before_train_iter(SimpleNamespace(model=MODEL), 0, batch)
    assert torch.equal(batch['inputs']['target_student'], student)
    return batch['inputs']['source'], batch['inputs']['target_teacher']


def test_source_to_target(content, style):
    raw = content.clone(), style.clone()
    source, target = run(AdaINStyleHook(source_to_target=ALWAYS), content, style)
    assert all(changed(raw[0], source)) and torch.equal(target, raw[1])
    # colours are now those of the target
    assert (source.mean() - raw[1].float().mean()).abs() < 10


def test_target_to_source(content, style):
    raw = content.clone(), style.clone()
    source, target = run(AdaINStyleHook(target_to_source=ALWAYS), content, style)
    assert torch.equal(source, raw[0]) and all(changed(raw[1], target))
    assert (target.mean() - raw[0].float().mean()).abs() < 10


def test_both_directions_take_their_styles_from_the_raw_batch(content, style):
    content_mean, style_mean = content.float().mean(), style.float().mean()
    assert style_mean - content_mean > 80
    hook = AdaINStyleHook(source_to_target=ALWAYS, target_to_source=ALWAYS)
    source, target = run(hook, content, style)
    assert (source.mean() - style_mean).abs() < 10
    assert (target.mean() - content_mean).abs() < 10


def test_names_the_views_it_needs():
    assert AdaINStyleHook(ALWAYS).required_views == ('source', 'target_teacher')
    hook = AdaINStyleHook(ALWAYS, target_view='target_student')
    assert hook.required_views == ('source', 'target_student')


def test_a_direction_is_needed():
    with pytest.raises(UserError, match='give `source_to_target` or'):
        AdaINStyleHook()


@pytest.mark.parametrize(
    'direction', [dict(prob=0.5), dict(prob=0.5, alpha=(0, 1), alhpa=1), dict()]
)
def test_a_direction_has_exactly_its_keys(direction):
    with pytest.raises(UserError, match='exactly `prob` and `alpha`'):
        AdaINStyleHook(source_to_target=direction)


@pytest.fixture
def folder(tmp_path):
    """Two bright images, of other sizes than the batches."""
    for i, size in enumerate([(40, 30), (64, 64)]):
        image = np.full((*size, 3), (250 - 50 * i, 120, 230), np.uint8)
        cv2.imwrite(str(tmp_path / f'{i}.png'), image)
    return str(tmp_path)


@pytest.mark.parametrize('collated', [list, torch.stack])
def test_a_stock_batch_takes_the_style_of_a_folder(content, folder, collated):
    hook = AdaINStyleHook(ALWAYS, style_images=folder)
    batch = dict(inputs=collated(list(content)))
    hook.before_train_iter(SimpleNamespace(model=MODEL), 0, batch)
    found = batch['inputs']
    assert found.shape == content.shape
    styles = {(250, 120, 230), (200, 120, 230)}
    assert {tuple(i.mean((1, 2)).round().int().tolist()) for i in found} == styles


def test_kept_styles_of_a_folder(content, folder, vgg):
    hook = AdaINStyleHook(ALWAYS, style=vgg, style_images=folder, bank_size=12)
    runner = SimpleNamespace(model=MODEL, iter=0)
    hook.before_train(runner)
    for expected in (8, 12):
        hook.before_train_iter(runner, 0, dict(inputs=list(content)))
        assert len(hook.directions[0].bank) == expected


def test_a_folder_has_nothing_to_restyle(folder):
    with pytest.raises(UserError, match='leave `target_to_source` out'):
        AdaINStyleHook(ALWAYS, ALWAYS, style_images=folder)


def test_target_images_come_from_one_place(content, style, folder):
    with pytest.raises(UserError, match='AdaINStyleHook needs target images'):
        run(AdaINStyleHook(ALWAYS, style_images=folder), content, style)
    batch = dict(inputs=list(content))
    with pytest.raises(UserError, match='AdaINStyleHook needs target images'):
        AdaINStyleHook(ALWAYS).before_train_iter(SimpleNamespace(model=MODEL), 0, batch)


def test_an_empty_folder_is_told_when_it_is_built(tmp_path):
    with pytest.raises(UserError, match='holds no images'):
        AdaINStyleHook(ALWAYS, style_images=str(tmp_path))

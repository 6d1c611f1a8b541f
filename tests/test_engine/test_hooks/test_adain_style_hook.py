from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import AdaINStyleHook
from mmpose_uda.engine.hooks.adain_style_hook import restyle
from mmpose_uda.models.utils import pyramid_adain

ALWAYS = dict(prob=1.0, alpha=(1.0, 1.0))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def content():
    return torch.randint(0, 100, (8, 3, 16, 24), dtype=torch.uint8)


@pytest.fixture
def style():
    return torch.randint(60, 256, (8, 3, 16, 24), dtype=torch.uint8)


def changed(before, after):
    return [not torch.equal(a.float(), b) for a, b in zip(before, after)]


def test_probability_0_and_1(content, style):
    never = restyle(content, style, 0.0, (0.5, 1), levels=3)
    assert torch.equal(never, content.float())
    always = restyle(content, style, 1.0, (0.5, 1), levels=3)
    assert all(changed(content, always))
    assert always.min() >= 0 and always.max() <= 255


def test_each_image_draws_for_itself(content, style):
    content, style = content.repeat(50, 1, 1, 1), style.repeat(50, 1, 1, 1)
    some = changed(content, restyle(content, style, 0.3, (1, 1), levels=1))
    assert 0.2 < sum(some) / len(some) < 0.4
    assert some[:8] != some[8:16]


def test_full_strength_is_the_style_of_one_other_image(content, style):
    restyled = restyle(content, style, 1.0, (1, 1), levels=2)
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
    full = restyle(content, style, 1.0, (1, 1), levels=1)
    part = restyle(content, style, 1.0, (0.2, 0.6), levels=1)
    image = content.float()
    ratio = ((part - image) * (full - image)).sum((1, 2, 3))
    ratio = ratio / (full - image).square().sum((1, 2, 3))
    assert ratio.min() > 0.2 - 1e-4 and ratio.max() < 0.6 + 1e-4
    assert ratio.std() > 0.03
    expected = torch.lerp(image, full, ratio.view(-1, 1, 1, 1))
    torch.testing.assert_close(part, expected, atol=1e-2, rtol=0)


def test_follows_the_random_state(content, style):
    torch.manual_seed(5)
    first = restyle(content, style, 0.5, (0, 1), levels=3)
    torch.manual_seed(5)
    assert torch.equal(restyle(content, style, 0.5, (0, 1), levels=3), first)
    assert not torch.equal(restyle(content, style, 0.5, (0, 1), levels=3), first)


def run(hook, content, style):
    student = style.clone()
    batch = dict(
        inputs=dict(source=content, target_teacher=style, target_student=student)
    )
    hook.before_train_iter(SimpleNamespace(model=nn.Linear(1, 1)), 0, batch)
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

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from style_factory import bright_images, changed, dark_images, restyled, write_style_files
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import AdaINStyleHook
from mmpose_uda.models.style_networks import VGG19Style

ALWAYS = dict(prob=1.0, alpha=(1.0, 1.0))
MODEL = nn.Linear(1, 1)


STOCK = SimpleNamespace(metainfo={})


def runner_at(iteration=0, seed=0):
    return SimpleNamespace(
        model=MODEL, iter=iteration, seed=seed, optim_wrapper=SimpleNamespace()
    )


def samples(count=8, first=0):
    return [SimpleNamespace(metainfo=dict(draw_key=first + i)) for i in range(count)]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def content():
    return dark_images()


@pytest.fixture
def style():
    return bright_images()


@pytest.fixture(scope='module')
def vgg(tmp_path_factory):
    """Config of the VGG-19 style network."""
    files = write_style_files(tmp_path_factory.mktemp('style'))
    return dict(type='VGG19Style', encoder=files['public'], decoder=files['decoder'])


@pytest.fixture(scope='module')
def vgg_network(vgg):
    return VGG19Style(vgg['encoder'], vgg['decoder'])


def test_the_vgg_network(content, style, vgg, vgg_network):
    source, _ = run(AdaINStyleHook(ALWAYS, style=vgg), content, style)
    expected = restyled(vgg_network, content, style, torch.ones(8, 1, 1, 1))
    torch.testing.assert_close(source, expected, rtol=0, atol=1e-2)
    assert source.dtype == torch.float32 and source.shape == content.shape
    never = AdaINStyleHook(dict(prob=0.0, alpha=(1.0, 1.0)), style=vgg)
    source, _ = run(never, content, style)
    assert torch.equal(source, content.float())


def test_kept_styles_survive_a_resume(content, style, vgg, tmp_path):
    def make():
        return AdaINStyleHook(ALWAYS, dict(ALWAYS), vgg, bank_size=12)

    def step(hook, seed):
        torch.manual_seed(seed)
        images = [torch.randint(0, 256, content.shape).byte() for _ in range(2)]
        return run(hook, *images)

    whole, checkpoint = make(), {}
    whole.before_train(runner_at(0))
    step(whole, 0)
    whole.before_save_checkpoint(None, checkpoint)
    torch.save(checkpoint, tmp_path / 'a.pth')
    expected = [step(whole, 1), step(whole, 2)]

    resumed = make()
    checkpoint = torch.load(tmp_path / 'a.pth', weights_only=True)
    assert [len(styles) for styles in checkpoint['style_banks']] == [8, 8]
    resumed.after_load_checkpoint(None, checkpoint)
    resumed.before_train(runner_at(1))
    for found, wanted in zip([step(resumed, 1), step(resumed, 2)], expected):
        assert all(map(torch.equal, found, wanted))
    # a new run from these weights has a target of its own
    resumed.before_train(runner_at(0))
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


def run(hook, content, style, runner=None, first=0):
    student = style.clone()
    batch = dict(
        inputs=dict(source=content, target_teacher=style, target_student=student),
        data_samples=dict(source=samples(len(content), first)),
    )
    hook.before_train_iter(runner or runner_at(), 0, batch)
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


SOME = dict(prob=0.5, alpha=(0.2, 0.8))


def test_each_image_draws_for_itself_whoever_is_beside_it(content, style):
    hook = AdaINStyleHook(SOME)
    torch.manual_seed(3)
    whole, _ = run(hook, content, style)
    assert 0 < sum(changed(content, whole)) < 8
    torch.manual_seed(4)
    half, _ = run(hook, content[4:], style[4:], runner_at(1, seed=1), first=4)
    assert torch.equal(whole[4:], half)


def test_directions_draw_apart(content, style):
    source, target = run(AdaINStyleHook(SOME, SOME), content, style.clone())
    assert changed(content, source) != changed(style, target)


def test_a_batch_may_draw_as_a_whole(content, style):
    hook, strengths = AdaINStyleHook(SOME, per_batch=True), []
    hook.network = lambda images, content, style, strength: strength.expand_as(
        images[content]
    )
    for iteration in range(200):
        halves = [  # as two processes have them
            run(hook, content[part], style[part], runner_at(iteration), first)[0]
            for part, first in ((slice(4), 0), (slice(4, 8), 4))
        ]
        found = torch.cat(halves)
        touched = changed(content, found)
        assert all(touched) or not any(touched)
        if all(touched):
            assert found.min() == found.max()
            strengths.append(float(found[0, 0, 0, 0]))
    assert 70 < len(strengths) < 130
    assert 0.2 < min(strengths) < 0.3 and 0.7 < max(strengths) < 0.8


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
    batch = dict(inputs=collated(list(content)), data_samples=[STOCK] * 8)
    hook.before_train_iter(runner_at(), 0, batch)
    found = batch['inputs']
    assert found.shape == content.shape
    styles = {(250, 120, 230), (200, 120, 230)}
    assert {tuple(i.mean((1, 2)).round().int().tolist()) for i in found} == styles


def test_kept_styles_of_a_folder(content, folder, vgg):
    hook = AdaINStyleHook(ALWAYS, style=vgg, style_images=folder, bank_size=12)
    runner = runner_at(0)
    hook.before_train(runner)
    for expected in (8, 12):
        hook.before_train_iter(
            runner, 0, dict(inputs=list(content), data_samples=[STOCK] * 8)
        )
        assert len(hook.directions[0].bank) == expected


def test_a_folder_has_nothing_to_restyle(folder):
    with pytest.raises(UserError, match='leave `target_to_source` out'):
        AdaINStyleHook(ALWAYS, ALWAYS, style_images=folder)


def test_target_images_come_from_one_place(content, style, folder):
    with pytest.raises(UserError, match='AdaINStyleHook needs target images'):
        run(AdaINStyleHook(ALWAYS, style_images=folder), content, style)
    batch = dict(inputs=list(content), data_samples=[STOCK] * 8)
    with pytest.raises(UserError, match='AdaINStyleHook needs target images'):
        AdaINStyleHook(ALWAYS).before_train_iter(runner_at(), 0, batch)


def test_an_empty_folder_is_told_when_it_is_built(tmp_path):
    with pytest.raises(UserError, match='holds no images'):
        AdaINStyleHook(ALWAYS, style_images=str(tmp_path))

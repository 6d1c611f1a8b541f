import pytest
import torch
from model_factory import (
    INPUT_SIZE,
    build_adaptive,
    losses_of,
    make_batch,
    part_configs,
    regression_estimator,
    resnet_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.models.alignments import MaskedImageConsistency

WIDTH, HEIGHT = INPUT_SIZE
PART = dict(type='MaskedImageConsistency', prob=1.0, ratio=0.5, block=1 / 6)
BLOCK = 8  # px


def masking(parts=None, **kwargs):
    options = {
        k: kwargs.pop(k) for k in ('prob', 'ratio', 'block', 'foreground') if k in kwargs
    }
    parts = parts or dict(mean_teacher=dict(type='MeanTeacherConsistency'))
    alignments = dict(parts, masked=dict(PART, **options))
    return build_adaptive(alignments=alignments, **kwargs)


def observe(model, batch):
    for samples in batch['data_samples'].values():
        for key, sample in enumerate(samples):
            sample.set_metainfo(dict(draw_key=key))
    return model.observe(**model.data_preprocessor(batch, training=True))


def test_whole_blocks_are_hidden_and_nothing_else():
    model = masking()
    observed = observe(model, make_batch(16))
    before = {view: seen.images.clone() for view, seen in observed.items()}
    model.alignments['masked'].disturb(observed)
    for view in ('source', 'target_teacher'):
        assert torch.equal(observed[view].images, before[view])
    after, before = observed['target_student'].images, before['target_student']
    lots = observed['target_student'].random.uniform('hidden blocks', 1 + 24)
    hidden_share = 0
    for b in range(16):
        for row in range(4):
            for column in range(6):
                block = (
                    slice(None),
                    slice(row * BLOCK, (row + 1) * BLOCK),
                    slice(column * BLOCK, (column + 1) * BLOCK),
                )
                is_hidden = lots[b, 1 + row * 6 + column] < 0.5
                expected = 0 * before[b][block] if is_hidden else before[b][block]
                assert torch.equal(after[b][block], expected)
                hidden_share += float(is_hidden) / (16 * 24)
    assert 0.4 < hidden_share < 0.6


def test_some_images_stay_whole():
    model = masking(prob=0.5)
    observed = observe(model, make_batch(64))
    before = observed['target_student'].images.clone()
    model.alignments['masked'].disturb(observed)
    changed = (observed['target_student'].images != before).flatten(1).any(1)
    assert 20 < changed.sum() < 44


def test_blocks_may_not_divide_the_image():
    model = masking(block=0.3, ratio=1.0)
    observed = observe(model, make_batch())
    model.alignments['masked'].disturb(observed)
    assert (observed['target_student'].images == 0).all()


def with_masks(batch):
    mask = torch.zeros(1, HEIGHT, WIDTH)
    mask[:, 9:15, 17:30] = 1  # rows 1, columns 2 and 3
    for sample in batch['data_samples']['target_student']:
        sample.gt_foreground = mask
    return batch


def test_the_background_stays_if_asked_for():
    model = masking(foreground=True, ratio=1.0, target_has_masks=True, foreground_head=None)
    batch = with_masks(make_batch())
    observed = observe(model, batch)
    before = observed['target_student'].images.clone()
    model.alignments['masked'].disturb(observed)
    changed = (observed['target_student'].images != before).any(1)
    expected = torch.zeros(2, HEIGHT, WIDTH, dtype=torch.bool)
    expected[:, 8:16, 16:32] = True
    assert torch.equal(changed, expected)


def test_a_teacher_can_tell_the_foreground():
    model = masking(foreground=True)
    assert 'target_teacher' in model.alignments['masked'].views
    batch = make_batch(views=['target_teacher', 'target_student'])
    observed = observe(model, batch)
    model.alignments['masked'].disturb(observed)  # of an untrained head, anything
    assert observed['target_student'].images.isfinite().all()


def test_somebody_must_tell_the_foreground():
    with pytest.raises(UserError, match="'masked' needs the foreground"):
        masking(foreground=True, foreground_head=None)


def heatmaps():
    return resnet_estimator()


@pytest.mark.parametrize('make', [None, regression_estimator, heatmaps])
def test_it_makes_the_teacher_s_task_harder_at_no_pass(make):
    kwargs = {} if make is None else dict(estimator=make())
    model = masking(foreground_head=None, **kwargs)
    model.set_phase(['mean_teacher', 'masked'])
    passes = []
    for network in (model.student, model.teacher.module):
        network.backbone.register_forward_hook(lambda *args: passes.append(1))
    batch = make_batch(views=['target_teacher', 'target_student'], foreground=False)
    found = losses_of(model, batch)
    assert [key for key in found if 'loss' in key] == ['mean_teacher/loss']
    assert len(passes) == 2
    model.set_phase(['mean_teacher'])
    assert losses_of(model, batch)['mean_teacher/loss'] != found['mean_teacher/loss']
    found['mean_teacher/loss'].backward()


def test_what_is_reconstructed_is_the_whole_image():
    reconstruction = dict(reconstruction=part_configs()['reconstruction'])
    reconstruction['reconstruction'] = dict(
        reconstruction['reconstruction'], foreground=False
    )
    batch = make_batch()
    for samples in batch['data_samples'].values():
        for key, sample in enumerate(samples):
            sample.set_metainfo(dict(draw_key=key))
    found = losses_of(masking(reconstruction), batch)
    plain = losses_of(build_adaptive(alignments=reconstruction), batch)
    for key in ('reconstruction/loss_source', 'reconstruction/loss_target_student'):
        torch.testing.assert_close(found[key], plain[key])


@pytest.mark.parametrize('name', ['ratio', 'block', 'prob'])
@pytest.mark.parametrize('value', [0, 1.5, -1])
def test_what_is_no_share_is_refused(name, value):
    with pytest.raises(UserError, match=f'{name} must be above 0'):
        MaskedImageConsistency(**{name: value})

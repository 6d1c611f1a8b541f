import pytest
import torch
from model_factory import build_adaptive, losses_of, make_batch, resnet_estimator

from mmpose_uda import UserError
from mmpose_uda.models.alignments.keypoint_occlusion import cover, draw_one

PART = dict(type='KeypointOcclusion', prob=1.0, min_confidence=0.0, size=0.1)


def occluding(**kwargs):
    return build_adaptive(
        alignments=dict(
            occlusion=dict(PART, **kwargs), mean_teacher=dict(type='MeanTeacherConsistency')
        )
    )


def observe(model, batch=None):
    return model.observe(**model.data_preprocessor(batch or make_batch(), training=True))


def distinct_pixels(count=2, height=20, width=30):
    """Images in which every pixel tells where it is."""
    values = torch.arange(height * width).view(1, 1, height, width).float()
    return values + 1e4 * torch.arange(count).view(-1, 1, 1, 1)


def test_a_patch_lies_exactly_on_its_keypoint():
    torch.manual_seed(3)
    images = distinct_pixels()
    centres = torch.tensor([[11.0, 8.0], [20.3, 10.6]])
    found = cover(
        images,
        centres,
        torch.tensor([True, True]),
        side=4.0,
        lots=torch.rand(len(images), 2),
    )
    changed = (found != images)[:, 0]
    for b, (x, y) in enumerate(centres.tolist()):
        for row in range(20):
            for column in range(30):
                inside = abs(column - x) <= 2 and abs(row - y) <= 2
                # a patch from exactly there would change nothing; the seed gives none
                assert bool(changed[b, row, column]) == inside


def test_a_patch_comes_from_one_place_of_the_same_image():
    torch.manual_seed(0)
    images = distinct_pixels()
    centres = torch.tensor([[11.0, 8.0], [0.0, 19.0]])
    found = cover(
        images,
        centres,
        torch.tensor([True, True]),
        side=4.0,
        lots=torch.rand(len(images), 2),
    )
    for b, (x, y) in enumerate(centres.long().tolist()):
        shifts = set()
        for row in range(max(y - 2, 0), min(y + 3, 20)):
            for column in range(max(x - 2, 0), min(x + 3, 30)):
                value = int(found[b, 0, row, column]) - 10_000 * b
                shifts.add((value // 30 - row, value % 30 - column))
        assert len(shifts) == 1
    assert ((found >= 0) & (found < 2e4)).all()


def test_only_the_chosen_images_are_changed():
    images = distinct_pixels(3)
    centres = torch.full((3, 2), 10.0)
    found = cover(
        images,
        centres,
        torch.tensor([False, True, False]),
        side=6.0,
        lots=torch.rand(len(images), 2),
    )
    assert torch.equal(found[[0, 2]], images[[0, 2]])
    assert not torch.equal(found[1], images[1])


@pytest.mark.parametrize('nowhere', [float('nan'), float('inf'), -1e30])
def test_a_point_that_is_nowhere_covers_nothing(nowhere):
    images = torch.rand(2, 3, 8, 8)
    centres = torch.tensor([[nowhere, nowhere], [4.0, 4.0]])
    covered = torch.tensor([False, False])
    result = cover(images, centres, covered, 2.0, torch.rand(2, 2))
    assert torch.equal(result, images)


def test_draws_are_among_the_candidates():
    candidates = torch.tensor([[False, True, False, True], [False] * 4])
    drawn = [draw_one(candidates, torch.rand(2, 4)) for _ in range(50)]
    assert {int(chosen[0]) for chosen, _ in drawn} == {1, 3}
    assert all(found.tolist() == [True, False] for _, found in drawn)


def test_a_draw_may_be_0():
    chosen, found = draw_one(torch.tensor([[False, True]]), torch.zeros(1, 2))
    assert (chosen.item(), found.item()) == (1, True)


def test_the_student_looks_at_the_changed_image_and_the_teacher_does_not():
    model = occluding()
    observed = observe(model)
    before = {view: seen.images.clone() for view, seen in observed.items()}
    points, _ = observed.pseudo_labels
    model.alignments['occlusion'].disturb(observed)
    for view in ('source', 'target_teacher'):
        assert torch.equal(observed[view].images, before[view])
    changed = (observed['target_student'].images != before['target_student']).any(1)
    assert changed.any()
    for b in range(2):
        y, x = changed[b].nonzero().float().mean(0).tolist()
        distance = (points[b, :, :2] - torch.tensor([x, y])).norm(dim=-1)
        assert distance.min() < 2.5


@pytest.mark.parametrize('kwargs', [dict(prob=0.0), dict(min_confidence=1.0)])
def test_nothing_changes_without_cause(kwargs):
    model = occluding(**kwargs)
    observed = observe(model)
    before = observed['target_student'].images.clone()
    model.alignments['occlusion'].disturb(observed)
    assert torch.equal(observed['target_student'].images, before)


def test_a_step_disturbs_before_any_loss_looks():
    losses = losses_of(occluding(), make_batch())
    plain = losses_of(occluding(prob=0.0), make_batch())
    assert 'occlusion/loss' not in losses
    assert losses['mean_teacher/loss'] != plain['mean_teacher/loss']


def test_a_phase_without_it_leaves_images_alone():
    model, batch = occluding(), make_batch()
    model.set_phase(('mean_teacher',))
    without = losses_of(model, batch)['mean_teacher/loss']
    model.alignments['occlusion'].prob = 0.0
    assert torch.equal(losses_of(model, batch)['mean_teacher/loss'], without)


def test_a_head_without_points_is_refused():
    with pytest.raises(UserError, match="'occlusion'.*RegressionHead"):
        build_adaptive(
            estimator=resnet_estimator('RegressionHead'),
            foreground_head=None,
            alignments=dict(occlusion=PART),
        )


@pytest.mark.parametrize('option', [dict(size=20), dict(min_confidence=90), dict(prob=2)])
def test_what_is_no_share(option):
    """The paper's size is in px, and here it is a share of the width."""
    with pytest.raises(UserError, match=f'`{next(iter(option))}` must be between'):
        occluding(**option)

from types import SimpleNamespace

import pytest
import torch
from model_factory import build_adaptive, losses_of, make_batch, resnet_estimator

from mmpose_uda import UserError
from mmpose_uda.models.alignments import PlausibilitySelection
from mmpose_uda.models.observation import SourceStatistics

# a chest 0 with a neck and two arms of two bones each
BONES = ((0, 1), (0, 2), (2, 3), (0, 4), (4, 5))
FLIP_INDICES = (0, 1, 4, 5, 2, 3)
GOOD = torch.tensor([[0, 0], [0, -10], [10, 0], [20, 0], [-10, 0], [-20, 0]]).float()
GOOD = torch.cat([GOOD, torch.zeros(6, 1)], dim=1)


def one_long_arm():
    pose = GOOD.clone()
    pose[3, 0] = 40  # of another length than the other, and than any of the source
    return pose


def one_bent_arm():
    pose = GOOD.clone()
    pose[[3, 5]] = torch.tensor([[10.0, 10, 0], [-10, 10, 0]])
    return pose


def wrong_in_all():
    pose = one_bent_arm()
    pose[3, 1] = 30
    return pose


def labels_of(teacher, student, steps=0, flip_indices=FLIP_INDICES):
    source = SourceStatistics(6, BONES, 3, unit=10.0)
    of_all = torch.ones(200, 6)
    noise = 0.1 * torch.randn(200, 6, 3, generator=torch.Generator().manual_seed(0))
    source.note(GOOD + noise, of_all, of_all, torch.ones(6))
    count = len(teacher)
    return SimpleNamespace(
        teacher=SimpleNamespace(poses=torch.stack(teacher)),
        student=SimpleNamespace(poses=torch.stack(student)),
        points=torch.zeros(count, 6, 3),
        confidence=torch.ones(count, 6),
        flip_indices=flip_indices,
        observed=SimpleNamespace(
            source_statistics=source,
            labelled_keypoints=torch.ones(6),
            steps=torch.tensor(steps),
        ),
    )


@pytest.mark.parametrize(
    'teacher, student, expected',
    [
        (GOOD, wrong_in_all(), True),
        (wrong_in_all(), GOOD, False),
        (GOOD, GOOD, True),  # nothing is wrong with either
        (one_bent_arm(), one_bent_arm(), True),  # symmetry and lengths are right in both
        (one_long_arm(), GOOD, False),  # the angles alone are right
        (GOOD, one_long_arm(), True),
        (one_bent_arm(), one_long_arm(), True),
        (one_long_arm(), one_bent_arm(), False),
    ],
)
def test_two_of_three_criteria(teacher, student, expected):
    labels = labels_of([teacher], [student])
    assert PlausibilitySelection().is_better(labels).tolist() == [expected]


def test_a_one_sided_body_meets_both_criteria():
    is_better = PlausibilitySelection().is_better
    pairs = [GOOD, one_bent_arm()], [wrong_in_all(), GOOD]
    labels = labels_of(*pairs, flip_indices=tuple(range(6)))
    assert is_better(labels).tolist() == [True, False]


def test_what_is_left_counts_as_much_as_all():
    labels = labels_of([GOOD] * 4, [GOOD, GOOD, GOOD, wrong_in_all()])
    labels.teacher.poses[0] = wrong_in_all()
    weights = PlausibilitySelection()(labels)
    assert weights.shape == (4, 6)
    torch.testing.assert_close(weights[:, 0], torch.tensor([0, 4 / 3, 4 / 3, 4 / 3]))


def test_nothing_is_left_where_nothing_is_plausible():
    weights = PlausibilitySelection()(labels_of([wrong_in_all()] * 2, [GOOD] * 2))
    assert (weights == 0).all()


@pytest.mark.parametrize('steps, share', [(0, 0.0), (25, 0.25), (100, 1.0), (500, 1.0)])
def test_it_sets_in_slowly(steps, share):
    labels = labels_of([GOOD, wrong_in_all()], [wrong_in_all(), GOOD], steps)
    weights = PlausibilitySelection(ramp_iters=100)(labels)[:, 0]
    torch.testing.assert_close(weights, torch.tensor([1 + share, 1 - share]))


def parts(**kwargs):
    selection = dict(type='PlausibilitySelection', **kwargs)
    return dict(pseudo=dict(type='MeanTeacherConsistency', selection=selection))


def test_it_selects_in_a_step():
    model = build_adaptive(alignments=parts(), foreground_head=None)
    losses = losses_of(model, make_batch())
    losses['pseudo/loss'].backward()
    assert losses['pseudo/loss'].isfinite()


def test_a_2d_head_is_refused():
    with pytest.raises(UserError, match="'pseudo'.*3D.*HeatmapHead"):
        build_adaptive(
            estimator=resnet_estimator(), foreground_head=None, alignments=parts()
        )

import math

import pytest
import torch
from model_factory import (
    INPUT_SIZE,
    build_adaptive,
    losses_of,
    make_batch,
    regression_estimator,
    resnet_estimator,
)
from torch.nn import functional as F

from mmpose_uda import UserError
from mmpose_uda.models.alignments import DisagreementWeighting, PseudoLabels
from mmpose_uda.models.observation import Observations, ViewObservation
from mmpose_uda.models.readers import KeypointDistributions, crop_axis

WIDTH, HEIGHT = INPUT_SIZE
TWO_SIDED = [0, 2, 1, *range(3, 21)]


def labels_of(model, batch=None):
    observed = model.observe(
        **model.data_preprocessor(batch or make_batch(), training=True)
    )
    observed.labelled_keypoints = torch.ones(21)
    return PseudoLabels(observed)


def model_of(**kwargs):
    parts = dict(pseudo=dict(type='MeanTeacherConsistency'))
    return build_adaptive(alignments=parts, foreground_head=None, **kwargs)


def slowly(labels, part):
    """Weights by looking once more, image by image."""
    teacher, weights = labels.teacher, []
    matrices = part.draw(labels)
    for i, matrix in enumerate(matrices):
        images = F.grid_sample(
            teacher.images[i : i + 1], sampling_grid(matrix), align_corners=False
        )
        again = ViewObservation(
            teacher.network, images, teacher.data_samples[i : i + 1], trainable=False
        )
        back = torch.linalg.inv(matrix)
        points = again.distributions.points()[0]
        xy = torch.stack([back[:2, :2] @ p[:2] + back[:2, 2] for p in points])
        points = torch.cat([xy, points[:, 2:]], dim=1)
        if matrix[:2, :2].det() < 0:
            points = points[list(labels.flip_indices)]
        first = teacher.distributions.points()[i]
        apart = (points - first) / torch.tensor([48.0, 48, 200])[: first.shape[1]]
        weight = 2 * (1 - torch.sigmoid(part.strength * apart.norm(dim=1)))
        moved = torch.stack([matrix[:2, :2] @ p[:2] + matrix[:2, 2] for p in first])
        is_inside = ((moved >= -0.5) & (moved <= torch.tensor([47.5, 31.5]))).all(1)
        weights.append(torch.where(is_inside, weight, 1.0))
    return torch.stack(weights)


def sampling_grid(matrix):
    """Where in an image each pixel of its other look is, as torch counts."""
    back = torch.linalg.inv(matrix)
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing='ij')
    pixels = torch.stack([x, y, torch.ones_like(x)], dim=-1).float() @ back.T
    size = torch.tensor([WIDTH, HEIGHT])
    return ((2 * pixels[..., :2] + 1) / size - 1)[None]


@pytest.mark.parametrize('flip_indices', [list(range(21)), TWO_SIDED])
@pytest.mark.parametrize('make', [None, regression_estimator, resnet_estimator])
@torch.no_grad()
def test_values(make, flip_indices):
    model = model_of(**{} if make is None else dict(estimator=make()))
    batch = make_batch(3)
    for samples in batch['data_samples'].values():
        for sample in samples:
            sample.set_metainfo(dict(flip_indices=flip_indices))
    labels = labels_of(model, batch)
    part = DisagreementWeighting(strength=5.0)
    mirrored = torch.linalg.det(part.draw(labels)[:, :2, :2]) < 0
    assert mirrored.all() == mirrored.any() == (flip_indices == TWO_SIDED)
    found, expected = part(labels), slowly(labels, part)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert 0 < found.min() < found.max() <= 1


def test_the_second_look_is_within_its_range():
    part = DisagreementWeighting(rotation=20, scale=1.15)
    labels = labels_of(model_of(), make_batch(64))
    linear = part.draw(labels)[:, :2, :2]
    scales = torch.linalg.det(linear).sqrt()
    angles = torch.atan2(linear[:, 1, 0], linear[:, 0, 0])
    assert 1 / 1.15 < scales.min() < 0.9 and 1.1 < scales.max() < 1.15
    assert -math.radians(20) < angles.min() < -0.2 and 0.2 < angles.max() < 0.35
    middle = torch.tensor([(WIDTH - 1) / 2, (HEIGHT - 1) / 2, 1.0])
    kept = part.draw(labels) @ middle
    torch.testing.assert_close(kept, middle.expand_as(kept), rtol=1e-4, atol=1e-4)


def dot_finder(seen, offset=0.0):
    """The distributions of a network that finds a bright dot of each image."""
    rows, columns = seen.images[:, 0].amax(2).argmax(1), seen.images[:, 0].amax(1).argmax(1)
    x, y = columns + offset, rows.float()
    axes = []
    for place, size in ((x, WIDTH), (y, HEIGHT)):
        bins = torch.arange(size)
        probs = torch.softmax(-((bins - place.view(-1, 1, 1)) ** 2) * 2.0, dim=-1)
        axes.append(crop_axis(probs.clamp_min(1e-30).log().expand(-1, 21, -1), size))
    return KeypointDistributions(axes)


@pytest.mark.parametrize('offset, low, high', [(0, 0.8, 1), (12, 0, 0.3)])
def test_who_agrees_counts_and_who_does_not_does_not(offset, low, high, monkeypatch):
    """A teacher that finds a dot wherever it is, and one whose second look is off."""
    model = model_of(estimator=resnet_estimator())
    labels = labels_of(model)
    images = torch.zeros_like(labels.teacher.images)
    images[:, :, 18:21, 20:23] = 1
    labels.teacher.images = images
    monkeypatch.setattr(
        ViewObservation,
        'distributions',
        property(lambda s: dot_finder(s, 0.0 if s is labels.teacher else offset)),
    )
    weights = DisagreementWeighting(strength=10.0, rotation=5, scale=1.05)(labels)
    assert weights.shape[0] == 2
    assert ((low <= weights) & (weights <= high)).all()


def test_weights_go_with_their_keypoints():
    """A student whose view is mirrored has them in another order."""
    model, batch = model_of(), make_batch(2)
    for samples in batch['data_samples'].values():
        for key, sample in enumerate(samples):
            sample.set_metainfo(dict(flip_indices=TWO_SIDED, draw_key=key))
    part = DisagreementWeighting(strength=5.0)
    with torch.no_grad():
        before = part(labels_of(model, batch))
        for sample in batch['data_samples']['target_student']:
            mirror = torch.tensor([[-1.0, 0, 47], [0, 1, 0], [0, 0, 1]]).numpy()
            warp_mat = mirror[:2, :2] @ sample.metainfo['warp_mat']
            warp_mat[0, 2] += 47
            sample.set_metainfo(dict(warp_mat=warp_mat))
        after = part(labels_of(model, batch))
    torch.testing.assert_close(after, before[:, TWO_SIDED])


def test_it_looks_once_more_and_without_gradient():
    selection = dict(type='DisagreementWeighting')
    part = dict(type='MeanTeacherConsistency', selection=selection)
    model = build_adaptive(alignments=dict(pseudo=part), foreground_head=None)
    looks = []
    model.teacher.module.backbone.register_forward_hook(
        lambda module, args, out: looks.append(torch.is_grad_enabled())
    )
    losses = losses_of(model, make_batch())
    losses['pseudo/loss'].backward()
    assert looks == [False, False]
    assert all(parameter.grad is None for parameter in model.teacher.parameters())


def test_the_same_draw_looks_the_same_way():
    model = model_of()
    batch = make_batch(4)
    for samples in batch['data_samples'].values():
        for key, sample in enumerate(samples):
            sample.set_metainfo(dict(draw_key=key))
    halves = [
        {k: {v: x[p] for v, x in views.items()} for k, views in batch.items()}
        for p in (slice(0, 2), slice(2, 4))
    ]
    part = DisagreementWeighting()
    with torch.no_grad():
        whole = part(labels_of(model, batch))
        parts = torch.cat([part(labels_of(model, half)) for half in halves])
    torch.testing.assert_close(whole, parts, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    'kwargs',
    [
        dict(strength=0),
        dict(rotation=-1),
        dict(scale=0.9),
        dict(rotation=0, scale=1),
    ],
)
def test_what_makes_no_second_look_is_refused(kwargs):
    with pytest.raises(UserError, match='DisagreementWeighting'):
        DisagreementWeighting(**kwargs)


def test_observations_are_as_they_were():
    labels = labels_of(model_of())
    assert isinstance(labels.observed, Observations)
    before = labels.teacher.images.clone()
    with torch.no_grad():
        DisagreementWeighting()(labels)
    assert torch.equal(labels.teacher.images, before)

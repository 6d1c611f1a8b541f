"""Weights between 0 and 1 in every loss that mmpose has for the heads that are read."""

import pytest
import torch
from head_factory import FEATURES, KEYPOINTS, POINTS, head_config
from mmpose.registry import MODELS

from mmpose_uda.models.readers import LossTerm, find_reader, find_weighings

WEIGHTED = dict(use_target_weight=True)
HEATMAP = [
    dict(type='KeypointMSELoss', **WEIGHTED),
    dict(type='KeypointMSELoss', **WEIGHTED, skip_empty_channel=True),
    dict(type='AdaptiveWingLoss', **WEIGHTED),
]
VECTOR = [
    dict(type='KLDiscretLoss', **WEIGHTED),
    dict(type='KLDiscretLoss', **WEIGHTED, beta=10.0, label_softmax=True),
]
POINT = [
    dict(type='SmoothL1Loss', **WEIGHTED),
    dict(type='L1Loss', **WEIGHTED),
    dict(type='MSELoss', **WEIGHTED),
    dict(type='MPJPELoss', **WEIGHTED),
    dict(type='WingLoss', **WEIGHTED),
    dict(type='SoftWingLoss', **WEIGHTED),
    dict(type='SoftWeightSmoothL1Loss', **WEIGHTED),
]
BOTH = [
    dict(type='MultipleLossWrapper', losses=[point, heatmap])
    for point in POINT[:2]
    for heatmap in [HEATMAP[0], dict(type='JSDiscretLoss', **WEIGHTED)]
]
CASES = [
    *[('heatmap', loss) for loss in HEATMAP],
    *[('UDP', loss) for loss in HEATMAP],
    *[(name, loss) for name in ('SimCC', 'RTMCC') for loss in VECTOR],
    *[('integral', loss) for loss in POINT],
    *[('DSNT', loss) for loss in BOTH],
]


def name_of(value):
    if isinstance(value, str):
        return value
    return '+'.join(map(name_of, value.get('losses', [])) or [value['type']])


def terms_of(name, loss):
    torch.manual_seed(0)
    head = MODELS.build({**head_config(name), 'loss': loss}).eval()
    # larger than at first, so that losses have their curvature
    outputs = head((3 * torch.randn(2, 8, *FEATURES[::-1]),))
    reader = find_reader(head)
    return reader.loss_terms(outputs, reader.render_targets(POINTS))


def total(terms, weighings, weights):
    return sum(weigh(term, weights) for weigh, term in zip(weighings, terms))


@pytest.mark.parametrize('name, loss', CASES, ids=name_of)
def test_a_label_of_weight_w_has_w_times_its_loss(name, loss):
    terms = terms_of(name, loss)
    weighings = find_weighings(terms)
    ones, alone = torch.ones(2, KEYPOINTS), torch.zeros(2, KEYPOINTS)
    stock = sum(term(ones) for term in terms)
    torch.testing.assert_close(total(terms, weighings, ones), stock)
    for share in (0.1, 0.5):
        torch.testing.assert_close(total(terms, weighings, share * ones), share * stock)
    weights = torch.rand(2, KEYPOINTS)
    expected = 0
    for b in range(2):
        for k in range(KEYPOINTS):
            alone.zero_()[b, k] = 1
            expected += weights[b, k] * sum(term(alone) for term in terms)
    torch.testing.assert_close(total(terms, weighings, weights), expected)


def test_losses_that_square_the_weight_are_found():
    squared = {
        loss['type']
        for name, loss in CASES
        if name in ('heatmap', 'SimCC', 'integral')
        and not find_weighings(terms_of(name, loss))[0].is_linear
    }
    # SoftWingLoss is linear up to a distance that shares of a crop do not reach
    assert squared == {
        'AdaptiveWingLoss',
        'MSELoss',
        'SmoothL1Loss',
        'WingLoss',
    }


@pytest.mark.parametrize(
    'loss',
    [
        dict(type='KeypointOHKMMSELoss', **WEIGHTED, topk=2),
        dict(type='FocalHeatmapLoss', **WEIGHTED),
    ],
    ids=name_of,
)
def test_losses_that_no_weight_can_divide(loss):
    assert find_weighings(terms_of('heatmap', loss)) is None


def test_a_loss_that_divides_by_its_weights():
    def mean_of_the_weighted(outputs, targets, weights):
        return (weights * (outputs - targets).square()).sum() / weights.sum()

    term = LossTerm(mean_of_the_weighted, torch.rand(1, 3), torch.rand(1, 3))
    assert find_weighings([term]) is None


def test_a_keypoint_of_weight_0_gives_dsnt_no_nan():
    wrapper = BOTH[1]
    assert wrapper['losses'][1]['type'] == 'JSDiscretLoss'
    head = MODELS.build({**head_config('DSNT'), 'loss': wrapper})
    reader, feats = find_reader(head), torch.randn(2, 8, *FEATURES[::-1])
    outputs, targets = head((feats,)), reader.render_targets(POINTS)
    weights = torch.tensor([[0.0, 1, 1], [1, 0, 0]])
    loss = reader.loss(outputs, targets, weights)
    torch.testing.assert_close(
        loss, sum(head.loss_module(list(outputs), list(targets), weights))
    )
    loss.backward()
    for parameter in head.parameters():
        if parameter.requires_grad:
            assert parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0


def test_gradients_are_finite_where_a_label_weighs_nothing():
    terms = terms_of('integral', POINT[0])
    points = terms[0].outputs[0].detach().requires_grad_()
    term = LossTerm(terms[0].loss, (points, terms[0].outputs[1]), terms[0].targets)
    weights = torch.tensor([[0.0, 0.5, 1], [0, 0, 0]])
    total([term], find_weighings(terms), weights).backward()
    assert points.grad.isfinite().all()
    assert (points.grad.abs().sum(-1) > 0).tolist() == (weights > 0).tolist()

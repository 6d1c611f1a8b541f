import pytest
import torch
from model_factory import build_adaptive, make_batch
from torch.nn import functional as F

from mmpose_uda import UserError


@pytest.fixture
def model():
    model = build_adaptive()
    model.set_phase(['foreground'])
    return model


def observe(model, batch):
    return model.observe(**model.data_preprocessor(batch, training=True))


def test_cross_entropy_with_the_pooled_masks(model):
    batch = make_batch(views=['source'])
    observed = observe(model, batch)
    losses = model.alignments['foreground'](observed)
    masks = observed.dataset_masks('source')
    masks[0] *= 0.5  # soft masks are soft labels
    batch['data_samples']['source'][0].gt_foreground *= 0.5
    probs = model.foreground_head(observed['source'].features).sigmoid()
    soft = F.avg_pool2d(masks, 8)
    expected = -(soft * probs.log() + (1 - soft) * (1 - probs).log()).mean()
    again = model.alignments['foreground'](observed)
    assert losses.keys() == again.keys() == {'loss_bce'}
    torch.testing.assert_close(again['loss_bce'], expected)
    assert again['loss_bce'] != losses['loss_bce']


def test_it_learns_the_foreground(model):
    optimizer = torch.optim.Adam(
        [*model.student.parameters(), *model.foreground_head.parameters()], lr=5e-3
    )
    batch = make_batch(views=['source'])
    for _ in range(40):
        observed = observe(model, batch)
        loss = model.alignments['foreground'](observed)['loss_bce']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = model.foreground_head(observed['source'].features).sigmoid()
    expected = F.avg_pool2d(observed.dataset_masks('source'), 8)
    assert ((found > 0.5) == (expected > 0.5)).float().mean() > 0.9


def test_masks_are_needed(model):
    observed = observe(model, make_batch(foreground=False))
    with pytest.raises(UserError, match='add `mask_file` to its annotations'):
        model.alignments['foreground'](observed)

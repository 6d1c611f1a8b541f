"""What a misspelt name may have meant."""

import pytest

from mmpose_uda.near_names import closest, misspelt


def test_the_near_ones_are_named():
    assert closest('iter', {'name', 'iters', 'parts'}) == 'use `iters`'
    assert closest('x', ['b', 'a']) == 'use `a` or `b`'
    assert closest('x', map(str, range(50))) == 'check its spelling'


KNOWN = ('model', 'load_from', 'train_cfg', 'optim_wrapper', 'train_dataloader')


@pytest.mark.parametrize(
    'name, meant',
    [
        ('modle', 'model'),
        ('Model', 'model'),
        ('load_form', 'load_from'),
        ('train_cgf', 'train_cfg'),
        ('train_config', 'train_cfg'),
        ('optimizer_wrapper', 'optim_wrapper'),
        ('train_dtaloder', 'train_dataloader'),
    ],
)
def test_slips_are_known(name, meant):
    assert misspelt(name, KNOWN) == meant


@pytest.mark.parametrize(
    'name', ['models', 'mode', 'load', 'train_ann', 'train_data', 'train_loader', 'optim']
)
def test_other_words_are_none(name):
    assert misspelt(name, KNOWN) is None

"""Configs shortened to see that all runs."""

import pytest
from mmengine.config import Config

from mmpose_uda.config import shorten


def test_shortens_every_phase():
    loader = dict(batch_size=64, num_workers=4, persistent_workers=True)
    cfg = Config(
        dict(
            default_hooks=dict(logger=dict(type='LoggerHook', interval=50)),
            train_cfg=dict(phases=[dict(name='a', iters=300), dict(name='b', iters=9)]),
            train_dataloader=dict(loader, dataset=dict(type='Any')),
            val_dataloader=dict(loader, dataset=dict(type='Any')),
        )
    )
    shorten(cfg)
    assert [phase.iters for phase in cfg.train_cfg.phases] == [2, 2]
    for name in ('train_dataloader', 'val_dataloader'):
        assert cfg[name].batch_size == 4 and cfg[name].num_workers == 0
        assert not cfg[name].persistent_workers
    assert cfg.val_dataloader.dataset.indices == 8
    assert cfg.default_hooks.logger == dict(type='LoggerHook', interval=1)


@pytest.mark.parametrize(
    'given, iters',
    [
        ({}, [2, 2]),
        ({'train_cfg.phases.1.iters': 300}, [2, 300]),
        ({'train_cfg.phases': {1: dict(iters=300)}}, [2, 300]),
        ({'train_cfg.phases.1': dict(name='b')}, [2, 2]),
        ({'train_cfg.phases': [dict(name='a', iters=300)]}, [300, 300]),
        ({'train_cfg': dict(phases=(dict(name='a', iters=300),))}, [300, 300]),
        ({'train_cfg.phases.1.iters_of_another': 3, 'train_cfg.phases.10': 3}, [2, 2]),
    ],
)
def test_leaves_phases_that_the_user_has_set(given, iters):
    phases = tuple(dict(name=name, iters=300) for name in 'ab')
    cfg = Config(dict(train_cfg=dict(phases=phases), train_dataloader=dict(dataset={})))
    shorten(cfg, given)
    assert [phase.iters for phase in cfg.train_cfg.phases] == iters


def test_leaves_what_is_set_in_a_nested_option():
    loader = dict(batch_size=8, num_workers=3, dataset=dict(type='Any'))
    cfg = Config(dict(train_cfg=dict(max_iters=9), train_dataloader=loader))
    given = {'train_dataloader': dict(batch_size=8, dataset=dict(type='Any'))}
    shorten(cfg, given)
    assert cfg.train_dataloader.batch_size == 8 and cfg.train_dataloader.num_workers == 0
    assert cfg.train_cfg.max_iters == 2


def test_renders_little_beside_the_whole_data():
    cfg = Config(
        dict(
            builtin_data=dict(name='hand', root='data/hand/', num_train=4000),
            train_cfg=dict(max_iters=9),
            train_dataloader=dict(dataset=dict(data_root='data/hand/rendered')),
            val_evaluator=[dict(ann_file='data/hand/a.json', other='data/hands/b.json')],
        )
    )
    shorten(cfg)
    assert cfg.builtin_data == dict(
        name='hand', root='data/hand_smoke', num_train=16, num_test=8
    )
    assert cfg.train_dataloader.dataset.data_root == 'data/hand_smoke/rendered'
    assert cfg.val_evaluator[0] == dict(
        ann_file='data/hand_smoke/a.json', other='data/hands/b.json'
    )


@pytest.mark.parametrize(
    'given, root, sizes',
    [
        ({'builtin_data.num_train': 40}, 'data/hand_smoke_40_8', (40, 8)),
        ({'builtin_data': dict(num_train=40, num_test=6)}, 'data/hand_smoke_40_6', (40, 6)),
        ({'builtin_data': dict(seed=3)}, 'data/hand_smoke', (16, 8)),
    ],
)
def test_renders_as_much_as_the_user_has_set(given, root, sizes):
    """In another folder: that of other sizes would be refused."""
    builtin = dict(name='hand', root='data/hand', num_train=40, num_test=6)
    data = dict(dataset=dict(data_root='data/hand/rendered'))
    train_cfg = dict(max_iters=9)
    cfg = Config(dict(builtin_data=builtin, train_cfg=train_cfg, train_dataloader=data))
    shorten(cfg, given)
    assert (cfg.builtin_data.num_train, cfg.builtin_data.num_test) == sizes
    assert cfg.builtin_data.root == root
    assert cfg.train_dataloader.dataset.data_root == f'{root}/rendered'


def test_shortens_epochs():
    dataset = dict(type='SourceTargetDataset', source=dict(), target=dict())
    cfg = Config(
        dict(
            train_cfg=dict(by_epoch=True, max_epochs=210, val_interval=10),
            train_dataloader=dict(batch_size=64, dataset=dataset),
        )
    )
    shorten(cfg)
    assert cfg.train_cfg == dict(by_epoch=True, max_epochs=1, val_interval=1)
    # two batches of four
    assert cfg.train_dataloader.dataset == dict(dataset, source=dict(indices=8))

import copy

import pytest
from config_factory import CONFIG_DIR, run, tiny_config
from mmengine.config import Config

from mmpose_uda import UserError
from mmpose_uda.apis.controls import CONTROLS, control_config

HAND = CONFIG_DIR / 'hand_3d.py'


def types(pipeline):
    return [transform.type for transform in pipeline]


@pytest.fixture
def cfg():
    return Config.fromfile(HAND)


@pytest.mark.parametrize('name', CONTROLS)
def test_student_steps_are_equal_and_the_config_is_untouched(cfg, name):
    before = copy.deepcopy(cfg.to_dict())
    derived = control_config(cfg, name)
    assert sum(p.iters for p in derived.train_cfg.phases) == sum(
        p.iters for p in cfg.train_cfg.phases
    )
    assert derived.optim_wrapper == cfg.optim_wrapper
    assert derived.model == cfg.model
    assert cfg.to_dict() == before


@pytest.mark.parametrize('name', ['source_weak', 'source_strong', 'oracle'])
def test_controls_are_supervised_and_see_no_target_style(cfg, name):
    derived = control_config(cfg, name)
    assert [phase.parts for phase in derived.train_cfg.phases] == [['supervised']]
    assert 'AdaINStyleHook' not in types(derived.custom_hooks)
    assert 'ReplaceBackground' not in types(derived.train_dataloader.dataset.views.source)
    assert 'EMATeacherHook' in types(derived.custom_hooks)


def test_augmentation_of_the_controls(cfg):
    full = types(cfg.train_dataloader.dataset.views.source)
    strong = control_config(cfg, 'source_strong').train_dataloader.dataset
    weak = control_config(cfg, 'source_weak').train_dataloader.dataset
    assert types(strong.views.source) == [t for t in full if t != 'ReplaceBackground']
    assert 'SeededAlbumentation' not in types(weak.views.source)
    assert strong.source == cfg.train_dataloader.dataset.source


def test_oracle_learns_from_target_labels(cfg):
    dataset = control_config(cfg, 'oracle').train_dataloader.dataset
    assert dataset.source.data_root == cfg.train_dataloader.dataset.target.data_root
    assert dataset.source.labels and dataset.source.require_3d
    assert not dataset.target.labels


def test_unknown_variant_is_refused(cfg):
    with pytest.raises(UserError, match='oracle'):
        control_config(cfg, 'orcale')


def test_oracle_runs(tmp_path):
    cfg = control_config(tiny_config(HAND, tmp_path, tmp_path / 'work'), 'oracle')
    runner = run(cfg)
    assert [result['name'] for result in runner.train_loop.results] == ['source']

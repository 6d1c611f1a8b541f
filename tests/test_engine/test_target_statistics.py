import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from config_factory import CONFIG_DIR, run, tiny_config
from torch.nn.modules.batchnorm import _BatchNorm

from mmpose_uda import UserError
from mmpose_uda.engine.hooks import TargetStatisticsHook
from mmpose_uda.engine.target_statistics import re_estimate
from mmpose_uda.models.utils import batch_norm_layers


def batch_norms(network):
    return [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp('target_statistics')
    cfg = tiny_config(CONFIG_DIR / 'hand_2d.py', root / 'data', root / 'work')
    return run(cfg)


def test_statistics_become_those_of_the_target(trained, monkeypatch):
    model = trained.model
    network = model.tested
    monkeypatch.setattr('mmpose_uda.engine.target_statistics._BATCHES', 3)
    weights = [parameter.clone() for parameter in network.parameters()]
    student = [layer.running_mean.clone() for layer in batch_norms(model.student)]
    settings = [(layer.momentum, layer.training) for layer in batch_norms(network.eval())]
    re_estimate(trained)

    loader = trained.build_dataloader(trained.cfg.train_dataloader, seed=0)
    loader.dataset.set_active_views(['target_teacher'])
    convolved = []
    for batch, _ in zip(loader, range(3)):
        images = model.data_preprocessor(batch)['inputs']['target_teacher']
        stem = network.backbone.timm_model.model.conv_stem
        convolved.append(stem(images).detach().double().numpy())
    first = batch_norms(network)[0]
    means = np.mean([maps.mean((0, 2, 3)) for maps in convolved], axis=0)
    variances = np.mean([maps.var((0, 2, 3), ddof=1) for maps in convolved], axis=0)
    np.testing.assert_allclose(first.running_mean, means, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(first.running_var, variances, rtol=1e-3)

    # the deconvolutions of the head as well
    assert {layer.num_batches_tracked.item() for layer in batch_norms(network)} == {3}
    assert all(torch.equal(a, b) for a, b in zip(weights, network.parameters()))
    assert all(
        torch.equal(a, layer.running_mean)
        for a, layer in zip(student, batch_norms(model.student))
    )
    assert settings == [(layer.momentum, layer.training) for layer in batch_norms(network)]


@pytest.mark.parametrize('iteration, most, passes', [(0, 25, 3), (0, 2, 2), (5, 25, 7)])
def test_a_student_begins_with_them_once(trained, iteration, most, passes):
    student = trained.model.student.train()
    for layer in batch_norms(student):
        layer.num_batches_tracked.fill_(7)
    loader = SimpleNamespace(
        dataset=SimpleNamespace(target=range(9), views=('target_teacher',)), batch_size=4
    )
    runner = SimpleNamespace(
        iter=iteration, model=trained.model, cfg=trained.cfg, train_dataloader=loader
    )
    TargetStatisticsHook(most).before_train(runner)
    assert {layer.num_batches_tracked.item() for layer in batch_norms(student)} == {passes}
    assert student.training


def test_networks_without_batch_norm_are_refused(tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'hand_3d.py', tmp_path / 'data', tmp_path / 'work')
    estimator = cfg.model.estimator
    estimator.backbone.update(stem='conv', finer_maps=False)
    estimator.update(neck=None)
    for head in (estimator.head, cfg.model.foreground_head):
        head.in_channels = estimator.backbone.arch.embed_dims
    for phase in cfg.train_cfg.phases:
        phase.parts = ['supervised']
    runner = run(cfg)
    assert not batch_norm_layers(runner.model.tested)
    with pytest.raises(UserError, match='no BatchNorm'):
        re_estimate(runner)


def test_processes_share_what_each_has_seen(trained, monkeypatch):
    """Of its own images; a mean of the means of as many is that of all."""

    def seen_twice_as_much(networks):
        for network in networks:
            for layer in batch_norms(network):
                layer.running_mean.add_(layer.running_mean)

    network = trained.model.tested
    re_estimate(trained, [network], 2)
    alone = batch_norms(network)[0].running_mean.clone()
    monkeypatch.setattr(
        'mmpose_uda.engine.target_statistics.average_buffers', seen_twice_as_much
    )
    re_estimate(trained, [network], 2)
    assert torch.equal(batch_norms(network)[0].running_mean, 2 * alone)


def test_networks_end_with_them(tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'hand_2d.py', tmp_path / 'data', tmp_path / 'work')
    cfg.model.test_statistics = 'source'
    cfg.custom_hooks += [dict(type='TargetStatisticsHook', at='end', max_batches=2)]
    runner = run(cfg)
    networks = dict(student=runner.model.student, teacher=runner.model.teacher.module)
    saved = torch.load(next((tmp_path / 'work').glob('iter_*.pth')), weights_only=False)
    for name, network in networks.items():
        first = batch_norms(network)[0]
        assert first.num_batches_tracked == 2
        again = copy.deepcopy(network)
        re_estimate(runner, [again], 2)
        assert torch.equal(batch_norms(again)[0].running_mean, first.running_mean)
        kept = [value for key, value in saved['state_dict'].items() if key.startswith(name)]
        assert any(torch.equal(value, first.running_var) for value in kept)


def test_they_are_taken_at_the_start_or_at_the_end():
    with pytest.raises(UserError, match="'start' or 'end', not 'middle'"):
        TargetStatisticsHook(at='middle')


@pytest.mark.parametrize('at', ['start', 'end'])
def test_what_cannot_be_looked_at_is_told_before_the_first_step(trained, at):
    def begin(model, **data):
        loader = SimpleNamespace(dataset=SimpleNamespace(**data), batch_size=4)
        runner = SimpleNamespace(iter=0, model=model, train_dataloader=loader)
        TargetStatisticsHook(at=at).before_train(runner)

    with pytest.raises(UserError, match='the model is a Linear'):
        begin(torch.nn.Linear(2, 2), views=('target_teacher',))
    with pytest.raises(UserError, match='`target_teacher`'):
        begin(trained.model, views=('source', 'target_student'))
    with pytest.raises(UserError, match='`target_teacher`'):
        begin(trained.model)

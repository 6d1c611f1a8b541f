import functools
import json
from pathlib import Path

import pytest
import torch
from config_factory import CONFIG_DIR
from mmengine.registry import init_default_scope
from mmpose.registry import HOOKS, MODELS
from tool_process import run_tool
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.analysis.step_benchmark import benchmark, benchmark_config
from mmpose_uda.analysis.step_benchmark.floor import PassRecorder, run_passes
from mmpose_uda.analysis.step_benchmark.networks import Network, compile_networks
from mmpose_uda.config import load_config

ROOT = Path(__file__).parents[2]
KEYS = {
    'step_seconds',
    'floor_seconds',
    'step_over_floor_ratio',
    'images_per_second',
    'device_syncs',
    'peak_memory_bytes',
    'passes',
}


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)

    def forward(self, images):
        return (self.layer(images),)

    def forward_visible(self, images, mask):
        return self.layer(images * mask)


class Head(nn.Conv2d):
    """Sees the feature that the backbone gives."""

    def forward(self, features):
        return super().forward(features[-1])


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return [
        Network('student.backbone', Backbone()),
        Network('student.head', Head(4, 2, 1)),
        Network('teacher.backbone', Backbone()),
        Network('discriminator', nn.Conv2d(4, 1, 1)),
    ]


def step(networks, images):
    """A head on its backbone, another network behind a detour, and one without gradient."""
    backbone, head, teacher, discriminator = (network.module for network in networks)
    features = backbone(images)
    loss = head(features).square().mean()
    loss = loss + discriminator(2 * features[-1]).mean()
    loss = loss + backbone.forward_visible(images, torch.ones(1)).mean()
    with torch.no_grad():
        teacher(images)
    return loss


def test_the_passes_of_a_step(networks):
    images = torch.randn(5, 3, 8, 8)
    with PassRecorder(networks, 'cpu') as recorder:
        step(networks, images).backward()
    assert [one.described() for one in recorder.passes] == [
        dict(network='student.backbone', images=5, with_gradient=True),
        dict(network='student.head', images=5, with_gradient=True),
        dict(network='discriminator', images=5, with_gradient=True),
        dict(network='student.backbone', images=5, with_gradient=True),
        dict(network='teacher.backbone', images=5, with_gradient=False),
    ]
    # afterwards nothing is recorded, and methods are those of the class
    step(networks, images)
    assert len(recorder.passes) == 5
    assert all('forward' not in vars(network.module) for network in networks)


def test_the_floor_runs_them_once_more_there_and_back(networks):
    images = torch.randn(5, 3, 8, 8)
    with PassRecorder(networks, 'cpu') as recorder:
        step(networks, images).backward()
    counts = dict(forward=0, backward=0)

    def count(kind):
        counts[kind] += 1

    for network in networks:
        network.module.zero_grad()
        for layer in network.module.children():
            layer.register_forward_hook(lambda *_: count('forward'))
    layer = networks[0].module.layer
    layer.register_full_backward_hook(lambda *_: count('backward'))
    run_passes(recorder.passes, 'cpu')
    # the backbone by both of its ways, the first of which head and discriminator share,
    # and the teacher
    assert counts == dict(forward=3, backward=2)
    backbone, head, teacher, discriminator = (network.module for network in networks)
    assert all(p.grad is not None for m in (head, discriminator) for p in m.parameters())
    assert all(p.grad is None for p in teacher.parameters())
    # a gradient of 1 for what the head gives, through head and backbone
    weight = head.weight.sum(0).flatten()
    shifts = torch.autograd.grad(backbone.layer(images).sum((0, 2, 3)) @ weight, layer.bias)
    visible = torch.full((4,), 5.0 * 6 * 6)
    torch.testing.assert_close(layer.bias.grad, shifts[0] + visible)


def test_compiled_networks_stay_so(networks, monkeypatch):
    calls = []

    def compile(method):
        return lambda *args: calls.append(method.__name__) or method(*args)

    monkeypatch.setattr(torch, 'compile', compile)
    compile_networks(networks)
    images = torch.randn(5, 3, 8, 8)
    with PassRecorder(networks, 'cpu') as recorder:
        step(networks, images)
    once = ['forward', 'forward', 'forward', 'forward_visible', 'forward']
    assert calls == once
    run_passes(recorder.passes, 'cpu')
    step(networks, images)
    assert calls == 3 * once


@pytest.mark.parametrize('config', ['hand_3d.py', 'human_2d.py'])
def test_a_student_that_is_recorded_is_not_compiled(tmp_path, monkeypatch, config):
    # attention is recorded in the one, features in the other
    eager = functools.partial(torch.compile, backend='eager')  # traces in seconds
    names = set()

    def compile_named(networks):
        names.update(network.name for network in networks)
        compile_networks(networks)

    monkeypatch.setattr(torch, 'compile', eager)
    monkeypatch.setattr(benchmark, 'compile_networks', compile_named)
    options = dict(batch_size=2, compile=True, rounds=1)
    found = benchmark_config(str(CONFIG_DIR / config), str(tmp_path), **options)
    passed = {one['network'] for one in found.to_dict()['passes']}
    assert {name for name in passed if name.startswith('student.')} == passed - names


def test_a_wrong_device_is_told(tmp_path):
    if torch.cuda.is_available():
        pytest.skip('has a GPU')
    with pytest.raises(UserError, match='The device is cpu, not cuda'):
        benchmark_config(str(CONFIG_DIR / 'hand_3d.py'), str(tmp_path), device='cuda')


def test_random_vgg_needs_a_style_hook(tmp_path):
    with pytest.raises(UserError, match='leave --random-vgg out'):
        benchmark_config(
            str(CONFIG_DIR / 'hand_3d.py'),
            str(tmp_path),
            random_vgg=True,
            cfg_options={'custom_hooks': []},
        )


def run_benchmark(tmp_path, *arguments):
    """As a user does, from another folder."""
    out = tmp_path / 'step.json'
    arguments = [*arguments, '--rounds', '2', '--json', str(out)]
    done = run_tool('analysis_tools/benchmark_step.py', *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(out.read_text()), done.stdout


# where batches are normalised each domain by itself; otherwise both in one pass
@pytest.mark.parametrize(
    'options, of_backbone',
    [((), [6, 6]), (('train_cfg.phases.2.norm_eval=False',), [3, 3, 3, 3])],
    ids=['kept statistics', 'statistics of batches'],
)
def test_hand_3d(options, of_backbone, tmp_path):
    config = str(CONFIG_DIR / 'hand_3d.py')
    options = ('--cfg-options', *options) if options else ()
    found, printed = run_benchmark(
        tmp_path, config, '--batch', '3', '--device', 'cpu', *options
    )
    assert KEYS <= set(found)
    assert found['step_seconds'] > 0 and found['floor_seconds'] > 0
    assert found['images_per_second'] == pytest.approx(6 / found['step_seconds'])
    assert found['device_syncs'] == 0 and found['peak_memory_bytes'] > 2**28
    passes = [(p['network'], p['images'], p['with_gradient']) for p in found['passes']]
    # as whole images and as visible patches
    assert sorted(passes) == [
        ('alignments.reconstruction.head', 3, True),
        ('alignments.reconstruction.head', 3, True),
        ('foreground_head', 3, True),
        ('foreground_teacher', 3, False),
        *(('student.backbone', images, True) for images in of_backbone),
        ('student.head', 3, True),
        ('student.head', 3, True),
        ('teacher.backbone', 3, False),
        ('teacher.head', 3, False),
    ]
    pieces = found['pieces']
    assert sum(pieces.values()) > 0 and pieces['backward'] > pieces['ema'] > 0
    assert 'step over floor' in printed


def test_style_in_both_directions(tmp_path):
    """Each image is encoded once and each restyled one decoded once."""
    options = [
        'custom_hooks.1.source_to_target.prob=1.0',
        'custom_hooks.1.target_to_source.prob=1.0',
        'custom_hooks.1.target_to_source.alpha=[0,1]',
    ]
    config = str(CONFIG_DIR / 'human_2d.py')
    found, _ = run_benchmark(
        tmp_path, config, '--batch', '2', '--random-vgg', '--cfg-options', *options
    )
    passes = [(p['network'], p['images'], p['with_gradient']) for p in found['passes']]
    assert [one for one in passes if one[0].startswith('style')] == [
        ('style.encoder', 4, False),
        ('style.decoder', 4, False),
    ]
    # BatchNorm: domains apart
    assert passes.count(('student.backbone', 2, True)) == 2
    assert found['pieces']['style'] > found['pieces']['ema']


def test_the_config_of_uniframes_step():
    cfg = load_config(str(ROOT / 'configs/benchmark/uniframe_step.py'))
    init_default_scope('mmpose')
    model = MODELS.build(cfg.model)
    assert set(model.alignments) == {'mean_teacher', 'occlusion'}
    assert model.student.backbone.depth == 50
    assert cfg.train_dataloader.batch_size == 4
    assert cfg.train_cfg.phases[0].parts == ['supervised', *model.alignments]
    style = HOOKS.build(cfg.custom_hooks[1])
    assert style.per_batch and [one.prob for one in style.directions] == [0.5, 0.5]

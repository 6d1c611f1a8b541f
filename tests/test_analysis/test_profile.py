from unittest.mock import patch

import pytest
import torch
from config_factory import CONFIG_DIR, tiny_config
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda import UserError
from mmpose_uda.analysis.profile import profile_step
from mmpose_uda.models.pose_estimators import DomainAdaptivePoseEstimator

# A tenth more than when they were counted: a slow path does not come back unseen.
OPERATORS = dict(
    # half of them are the pre-trained stem's: 33 convolutions, each with its norm
    hand_3d=22000,
    human_3d=22000,
    human_2d=14500,
    hand_2d=14500,
    animal_2d=14500,
    human_2d_rtmcc=11400,
)


@pytest.fixture(scope='module')
def data_root(tmp_path_factory):
    return tmp_path_factory.mktemp('data')


def profiled(name, data_root, work_dir, batch_size, hooks=()):
    """A step of the last phase of a config, on tiny data."""
    cfg = tiny_config(CONFIG_DIR / f'{name}.py', data_root / name, work_dir)
    cfg.train_dataloader.batch_size = batch_size
    cfg.default_hooks.checkpoint.interval = 100
    cfg.default_hooks.logger = None  # nothing is logged in these steps
    cfg.custom_hooks = [h for h in cfg.custom_hooks if h.type != 'RecordHook']
    for hook in cfg.custom_hooks:
        if hook.type == 'AdaINStyleHook':
            hook.source_to_target.prob = 1.0  # by chance it has no image to restyle
    cfg.custom_hooks.extend(hooks)
    with patch('mmengine.config.config.FormatCode', lambda text, **_: (text, True)):
        return profile_step(cfg)


@pytest.mark.parametrize('name', OPERATORS)
def test_a_step_waits_for_nothing_and_loops_over_no_samples(name, data_root, tmp_path):
    # From 16 images on, torch computes 1 x 1 convolutions in fp32 another way: the two
    # domains together stay below.
    small, large = (profiled(name, data_root, tmp_path, n) for n in (2, 7))
    assert small.waits.total() == large.waits.total() == 0, large.waits
    assert small.operators['Optimizer.step#AdamW.step'] == 1
    # the discriminator of some has a learning rate of its own
    assert small.operators['aten::_fused_adamw_'] <= 2
    assert large.operators.total() < OPERATORS[name]
    assert 'convolution_backward' in small.table
    # The backend may choose another algorithm, and fills small memory another way. To move
    # a batch to the device, mmengine calls `to` for every sample. A loop would add at
    # least one operator a sample.
    names = small.operators.keys() | large.operators.keys()
    names -= {'aten::fill_', 'aten::to'}
    grown = sum(abs(large.operators[name] - small.operators[name]) for name in names)
    assert grown < 6


@HOOKS.register_module()
class CarelessHook(Hook):
    """Waits before and after a step."""

    priority = 'VERY_LOW'

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        float(next(runner.model.parameters()).sum())

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        outputs['loss'].cpu()


def test_waits_and_loops_are_found(data_root, tmp_path, monkeypatch):
    loss = DomainAdaptivePoseEstimator.loss

    def careless(self, inputs, data_samples):
        rows = [image.square().mean() for image in inputs['source']]
        sharpness = torch.stack(rows).mean() * float(inputs['source'].max() > 0)
        return dict(loss(self, inputs, data_samples), sharpness=sharpness)

    monkeypatch.setattr(DomainAdaptivePoseEstimator, 'loss', careless)
    small, large = (
        profiled('human_2d', data_root, tmp_path, n, [dict(type='CarelessHook')])
        for n in (2, 8)
    )
    assert small.other_waits == large.other_waits == 3
    assert large.operators['aten::mean'] - small.operators['aten::mean'] == 6


def test_a_config_without_phases_is_refused(data_root, tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'human_2d.py', data_root / 'human_2d', tmp_path)
    cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
    with pytest.raises(UserError, match='trains in no phases'):
        profile_step(cfg)

"""``configs/style/adain_vgg19.py`` on tiny data, from its command to its decoder."""

import json
import uuid
from pathlib import Path
from unittest.mock import patch

import cv2
import pytest
import torch
from config_factory import CONFIG_DIR, Killed
from data_factory import write_pose_dataset
from style_factory import public_encoder_weights

from mmpose_uda import UserError, apis
from mmpose_uda.engine.hooks import AdaINStyleHook

CONFIG = CONFIG_DIR.parent / 'style' / 'adain_vgg19.py'


@pytest.fixture(scope='module')
def options(tmp_path_factory):
    """What makes the config tiny."""
    folder = tmp_path_factory.mktemp('style')
    encoder = str(folder / 'vgg_normalised.pth')
    torch.save(public_encoder_weights(), encoder)
    for seed, domain in enumerate(('rendered', 'photo')):
        write_pose_dataset(folder / domain, 6, seed=seed)
    data = 'train_dataloader.dataset.'
    return {
        'builtin_data': None,
        'model.encoder': encoder,
        f'{data}source.data_root': str(folder / 'rendered'),
        f'{data}target.data_root': str(folder / 'photo'),
        f'{data}views.source.2.input_size': (16, 16),
        f'{data}views.target.2.input_size': (16, 16),
        'train_dataloader.batch_size': 2,
        'train_dataloader.num_workers': 0,
        'optim_wrapper.optimizer.lr': 1e-2,  # two steps can be seen
        'train_cfg.phases.0.iters': 2,
        'default_hooks.checkpoint.interval': 1,
        'default_hooks.logger.interval': 1,
        'custom_hooks': [dict(type='StyleDecoderHook', interval=1, num_images=2)],
        'visualizer.vis_backends': [dict(type='LocalVisBackend')],
    }


def train(options, work_dir, **arguments):
    # mmengine shares loggers and pictures of runs of one name, and yapf takes seconds
    names = {'experiment_name': uuid.uuid4().hex, 'visualizer.name': uuid.uuid4().hex}
    with patch('mmengine.config.config.FormatCode', lambda text, **_: (text, True)):
        return apis.train(
            str(CONFIG), str(work_dir), cfg_options={**options, **names}, **arguments
        )


@pytest.fixture(scope='module')
def work_dir(options, tmp_path_factory):
    """Of a finished run."""
    work_dir = tmp_path_factory.mktemp('finished')
    runner = train(options, work_dir)
    groups = runner.optim_wrapper.param_groups
    trained = {id(p) for group in groups for p in group['params']}
    assert trained == {id(p) for p in runner.model.decoder.parameters()}
    return work_dir


def test_trains(work_dir):
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    rates = [row['lr'] for row in rows]
    assert rates == pytest.approx([1e-2, 1e-2 / (1 + 5e-5)], rel=1e-9)
    for row in rows:
        assert 0 < row['loss'] < float('inf')
        total = row['loss_content'] + row['loss_style']
        assert row['loss'] == pytest.approx(total, rel=1e-4)


def test_draws_content_style_and_result(work_dir):
    names = sorted(path.name for path in (work_dir / 'pictures').iterdir())
    assert names == ['style_000001.jpg', 'style_000002.jpg']
    sheets = [cv2.imread(str(work_dir / 'pictures' / name)) for name in names]
    assert sheets[0].shape == sheets[1].shape == (28 + 2 * 180, 4 + 3 * 180, 3)
    change = cv2.absdiff(*sheets).mean(-1)
    assert change[:, :360].max() == 0  # the same images
    assert change[:, 368:].max() > 0  # restyled by a decoder that learns


def test_the_hook_reads_the_decoder(work_dir, options):
    style = dict(
        type='VGG19Style',
        encoder=options['model.encoder'],
        decoder=str(work_dir / 'decoder.pth'),
    )
    hook = AdaINStyleHook(dict(prob=1.0, alpha=(1.0, 1.0)), style=style)
    checkpoint = torch.load(
        Path(work_dir, 'last_checkpoint').read_text(), weights_only=False
    )
    trained = checkpoint['state_dict']
    found = hook.network.decoder.state_dict()
    assert {f'decoder.{key}' for key in found} == set(trained)
    assert all(torch.equal(found[key], trained[f'decoder.{key}']) for key in found)


def test_a_resumed_run_ends_as_an_uninterrupted_one(work_dir, options, tmp_path):
    hooks = [*options['custom_hooks'], dict(type='KillHook', at=1)]
    with pytest.raises(Killed):
        train({**options, 'custom_hooks': hooks}, tmp_path)
    assert not (tmp_path / 'decoder.pth').exists()
    train(options, tmp_path, resume='auto')
    whole, resumed = (
        torch.load(folder / 'decoder.pth', weights_only=True)
        for folder in (work_dir, tmp_path)
    )
    for key in whole:
        assert torch.equal(whole[key], resumed[key]), key


def test_a_missing_encoder_is_told_before_training(options, tmp_path):
    with pytest.raises(UserError, match='no file vgg_normalised.pth with the weights'):
        train({**options, 'model.encoder': 'vgg_normalised.pth'}, tmp_path)
    assert not list(tmp_path.glob('*.pth'))

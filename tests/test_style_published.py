"""``configs/style/adain_published.py``: its commands, on drawn data with drawn weights."""

import re
import uuid
from unittest.mock import patch

import pytest
import torch
from config_factory import CONFIG_DIR
from mmengine.config import Config
from mmpose.registry import DATASETS
from published_animal_factory import write_animal_pose, write_synthetic_animal
from published_factory import (
    write_hand_3d_studio,
    write_lsp,
    write_rendered_hand_pose,
    write_surreal,
)
from style_factory import public_encoder_weights

from mmpose_uda import apis
from mmpose_uda.apis.command_line import parse_options
from mmpose_uda.models.style_networks import VGG19Style

CONFIG = CONFIG_DIR.parent / 'style' / 'adain_published.py'
COMMANDS = re.findall(
    r'python tools/train.py configs/style/adain_published.py \\\n(.*?)\n\n',
    CONFIG.read_text(),
    re.S,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """One with the data and weights where the config has them."""
    write_surreal(tmp_path / 'data/SURREAL')
    write_lsp(tmp_path / 'data/LSP')
    write_rendered_hand_pose(tmp_path / 'data/RHD')
    write_hand_3d_studio(tmp_path / 'data/H3D')
    torch.save(public_encoder_weights(), tmp_path / 'vgg_normalised.pth')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    'command, pair',
    list(zip(COMMANDS, ['surreal2lsp', 'rhd2h3d'], strict=True)),
    ids=['surreal2lsp', 'rhd2h3d'],
)
def test_the_command_trains_the_decoder_that_the_pair_reads(folder, command, pair):
    (work_dir,) = re.findall(r'--work-dir (\S+)', command)
    options = parse_options(re.findall(r'train_dataloader\.\S+=\S+', command))
    assert bool(options) == (pair != 'surreal2lsp')
    small = {
        'train_dataloader.dataset.views.source.3.input_size': (16, 16),
        'train_dataloader.dataset.views.target.3.input_size': (16, 16),
        'train_dataloader.batch_size': 2,
        'train_dataloader.num_workers': 0,
        'train_cfg.phases.0.iters': 1,
        'custom_hooks': [dict(type='StyleDecoderHook', interval=1, num_images=2)],
        'visualizer.vis_backends': [dict(type='LocalVisBackend')],
        # mmengine shares loggers and pictures of runs of one name
        'experiment_name': uuid.uuid4().hex,
        'visualizer.name': uuid.uuid4().hex,
    }
    with patch('mmengine.config.config.FormatCode', lambda text, **_: (text, True)):
        runner = apis.train(str(CONFIG), work_dir, cfg_options={**options, **small})
    data = runner.train_dataloader.dataset
    adaptation = (CONFIG_DIR / f'{pair}.py').read_text()
    for dataset in (data.source, data.target):
        assert f"'{type(dataset).__name__}'" in adaptation
        assert f"'{dataset.data_root}'" in adaptation
    assert f"decoder='{work_dir}/decoder.pth'" in adaptation
    VGG19Style('vgg_normalised.pth', f'{work_dir}/decoder.pth')


def test_the_options_for_animals(tmp_path, monkeypatch):
    write_synthetic_animal(tmp_path / 'data/synthetic_animal', ('hound', 'sheep'))
    write_animal_pose(tmp_path / 'data/animal-pose')
    monkeypatch.chdir(tmp_path)
    told = re.findall(r'`(train_dataloader\.[^`]*)`', CONFIG.read_text())
    assert len(told) == 2
    told = [option.replace('"', '') for option in told]  # which a shell takes away
    cfg = Config.fromfile(CONFIG)
    data = 'train_dataloader.dataset'
    cfg.merge_from_dict(
        {
            **parse_options(told),
            f'{data}.views.target.0.padding': 1.25,
            f'{data}.source.type': 'SyntheticAnimal',
            f'{data}.source.data_root': 'data/synthetic_animal',
            f'{data}.target.type': 'AnimalPose14',
            f'{data}.target.data_root': 'data/animal-pose',
        }
    )
    assert cfg.train_dataloader.dataset.views.source[0].padding == 1.25
    pair = DATASETS.build(cfg.train_dataloader.dataset)
    assert pair.source.animals == ['hound', 'sheep']
    assert pair[0]['inputs']['source'].shape == (3, 256, 256)

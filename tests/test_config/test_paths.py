"""Files that are not there are told before anything is built."""

import pytest
import torch
import toy_parts
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from mmpose_uda.apis import evaluate, train
from mmpose_uda.config import require_checkpoint, require_checkpoints, require_paths
from mmpose_uda.errors import UserError


def _config(**values):
    return Config(values, cfg_text='as read', filename='own.py')


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of data, beside which a command is started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data/train.json').touch()


@pytest.mark.parametrize(
    'dataset, told',
    [
        (dict(type='PoseDataset', data_root='none'), 'data folder `none`'),
        (dict(type='PoseDataset', data_root='data', ann_file='a.json'), '`data/a.json`'),
        (
            dict(type='mmpose.CocoDataset', data_root='none', ann_file='a.json'),
            '`none/a.json`',
        ),
        (dict(type='LSP', data_root='none'), '`none` does not exist. LSP reads'),
    ],
)
def test_data_that_are_not_there(data, dataset, told):
    good = dict(type='PoseDataset', data_root='data', ann_file='train.json')
    pair = dict(type='SourceTargetDataset', source=good, target=dataset)
    cfg = _config(train_dataloader=dict(dataset=pair))
    with pytest.raises(UserError, match=told):
        require_paths(cfg, 'val_dataloader', 'train_dataloader')
    pair['target'] = dict(type='CocoDataset', data_root='s3://bucket', ann_file='a.json')
    # told where they are built
    pair['views'] = [dict(type=''), dict(type='CocoDataset', data_root=3)]
    require_paths(_config(train_dataloader=dict(dataset=pair)), 'train_dataloader')


def test_data_that_look_for_their_files_themselves(data):
    class Plain(BaseDataset):
        pass

    class OfSplits(BaseDataset):
        def _join_prefix(self):
            self.ann_file = f'{self.data_root}/annotations/{self.ann_file}.json'

    with_own = dict(ann_file='train', data_root='data')
    cfg = _config(train_dataloader=dict(dataset=dict(with_own, type='OfSplits')))
    try:
        for kind in (Plain, OfSplits):
            DATASETS.register_module(module=kind)
        require_paths(cfg, 'train_dataloader')
        cfg.train_dataloader.dataset.type = 'Plain'
        with pytest.raises(UserError, match='`data/train` does not exist'):
            require_paths(cfg, 'train_dataloader')
    finally:
        for kind in (Plain, OfSplits):
            DATASETS.module_dict.pop(kind.__name__, None)


def test_weights_in_the_home_folder(data, tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'a.pth').touch()
    require_checkpoint('~/a.pth')
    with pytest.raises(UserError, match='no checkpoint ~/b.pth'):
        require_checkpoint('~/b.pth')


def test_weights_that_are_not_there(data):
    start = dict(type='Pretrained', checkpoint='none.pth')
    cfg = _config(model=dict(type='A', estimator=dict(type='B', init_cfg=[start])))
    with pytest.raises(UserError, match='no checkpoint none.pth'):
        require_checkpoints(cfg)
    start['checkpoint'] = 'torchvision://resnet50'
    require_checkpoints(_config(model=dict(type='B', init_cfg=start)))
    with pytest.raises(UserError, match='no checkpoint a.pth'):
        require_checkpoints(_config(model=dict(type='B'), load_from='a.pth'))


def test_no_runner_is_built_before(data, monkeypatch):
    with open('toy.py', 'w') as file:
        file.write(toy_parts.CONFIG)
    monkeypatch.setattr(
        Runner, 'from_cfg', lambda cfg: pytest.fail('it tells all of itself')
    )
    with pytest.raises(UserError, match='no checkpoint none.pth'):
        train('toy.py', 'wd', cfg_options={'load_from': 'none.pth'})
    with pytest.raises(UserError, match='no checkpoint none.pth'):
        evaluate('toy.py', 'none.pth', work_dir='wd')
    torch.save({}, 'a.pth')
    dataset = dict(type='mmpose.PoseDataset', data_root='none')
    for name, run in (
        ('train', lambda options: train('toy.py', 'wd', cfg_options=options)),
        ('test', lambda options: evaluate('toy.py', 'a.pth', cfg_options=options)),
    ):
        with pytest.raises(UserError, match='data folder `none`'):
            run({f'{name}_dataloader.dataset': dataset})

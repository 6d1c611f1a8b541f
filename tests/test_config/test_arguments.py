"""Values of a config against the types that their parts are annotated with."""

from pathlib import Path

import mmpose
import pytest
from mmengine.config import Config

from mmpose_uda.config import check_arguments
from mmpose_uda.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
STOCK = Path(mmpose.__file__).parent / '.mim/configs'


def _hand(**options) -> Config:
    cfg = Config.fromfile(ROOT / 'configs/uda/hand_3d.py')
    cfg.merge_from_dict(options)
    return cfg


@pytest.mark.parametrize(
    'key, value, kind',
    [
        ('model.estimator', None, 'a dict'),
        ('model.estimator.head.decoder.input_size', 64, 'a list'),
        ('train_dataloader.dataset.views', 3, 'a dict or None'),
        ('train_dataloader.dataset.source', 3, 'a dict or None'),
        ('train_dataloader.dataset.source.ann_file', 3, 'text'),
        ('train_dataloader.dataset.source.data_prefix', 3, 'a dict or None'),
        ('train_dataloader.dataset.source.data_root', 3, 'text or None'),
        ('default_hooks.checkpoint.out_dir', 3, 'text or None'),
    ],
)
def test_a_value_of_another_kind(key, value, kind):
    with pytest.raises(UserError) as caught:
        check_arguments(_hand(**{key: value}))
    assert f'`{key}` of the config' in str(caught.value)
    assert f' is {value}: let it be {kind}, as ' in str(caught.value)


def test_values_inside_lists():
    with pytest.raises(UserError, match='dataset.views` .*: let it be a dict or None'):
        check_arguments(_hand(**{'train_dataloader.dataset.views.source': [3]}))


def test_parts_of_strangers_take_what_they_like():
    check_arguments(_hand(custom_hooks=[dict(type='of.Nobody', out_dir=3)]))


def _all(folder: Path) -> list[Path]:
    """Those that can be read: lazy ones of mmpose import what it does not have."""
    return [
        path
        for path in sorted(folder.rglob('*.py'))
        if '_base_' not in path.parts and 'read_base' not in path.read_text()
    ]


@pytest.mark.parametrize(
    'paths',
    [
        _all(ROOT / 'configs/uda')[::6],
        pytest.param(_all(ROOT / 'configs') + _all(STOCK), marks=pytest.mark.long),
    ],
    ids=['some', 'all'],
)
def test_what_works_is_not_refused(paths):
    assert len(paths) > 5
    for path in paths:
        check_arguments(Config.fromfile(path))

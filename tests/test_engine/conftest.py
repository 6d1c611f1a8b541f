"""Short runs of the built-in benchmark that the tests of the engine share."""

from types import SimpleNamespace

import pytest
from config_factory import CONFIG_DIR, read_summary, run, tiny_config
from mmengine.registry import init_default_scope


@pytest.fixture(autouse=True)
def mmpose_scope():
    """Let configs find mmpose's parts by name, as a Runner does."""
    init_default_scope('mmpose')


@pytest.fixture(scope='session')
def hand_config():
    """The config of the built-in benchmark."""
    return CONFIG_DIR / 'hand_3d.py'


@pytest.fixture(scope='session')
def data_root(tmp_path_factory):
    """Where all runs have their data."""
    return tmp_path_factory.mktemp('data')


@pytest.fixture(scope='session')
def finished(hand_config, data_root, tmp_path_factory):
    """A run from the first iteration to the last, and what is left of it."""
    work_dir = tmp_path_factory.mktemp('finished')
    runner = run(tiny_config(hand_config, data_root, work_dir))
    return SimpleNamespace(runner=runner, work_dir=work_dir, summary=read_summary(work_dir))

"""The repairs of the stack: made where it is broken, absent where it is not."""

import importlib
import importlib.util
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest
from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from stock_factory import STOCK_DIR

from mmpose_uda import compat, config_layout, safe_checkpoint, xtcoco
from mmpose_uda.convert.convert_config import convert_config
from mmpose_uda.errors import UnfitVersionsError, UserError

ROOT = Path(__file__).resolve().parents[1]

# Hides modules from Python's own finder, as if they were not installed.
WITHOUT = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec.__func__
def find_spec(cls, name, path=None, target=None):
    if name.split('.')[0] not in ('pkg_resources', 'xtcocotools'):
        return find(cls, name, path, target)
PathFinder.find_spec = classmethod(find_spec)
"""


def test_stack_without_pkg_resources_and_xtcocotools():
    code = f"""{WITHOUT}
from mmpose_uda import compat
import mmpose.datasets, xtcocotools.mask
from mmengine.config import Config
from mmengine.utils import get_installed_path, is_installed
assert xtcocotools.mask.__name__ == 'pycocotools.mask'
adapted = Config.fromfile({str(STOCK_DIR / 'rtmpose_m.py')!r})  # of mmpose::...
assert adapted.model.estimator.type == 'TopdownPoseEstimator'
assert get_installed_path('mmpose') == mmpose.__path__[0]
assert is_installed('mmpose') and not is_installed('surely_not_installed')
"""
    subprocess.run([sys.executable, '-c', code], check=True)


def test_pkg_resources_stand_in_answers_as_the_real_one():
    real = pytest.importorskip('pkg_resources')
    ours = ModuleType('pkg_resources')
    compat._fill_pkg_resources(ours)
    for name in ('mmpose', 'mmcv-lite', 'PyYAML'):
        expected, found = real.get_distribution(name), ours.get_distribution(name)
        assert found.location.rstrip('/') == expected.location
        assert found.version == expected.version
        for file in ('top_level.txt', 'no such file'):
            assert found.has_metadata(file) == expected.has_metadata(file)
        top_level = found.get_metadata('top_level.txt')
        assert top_level == expected.get_metadata('top_level.txt')
    with pytest.raises(ours.DistributionNotFound):
        ours.get_distribution('surely_not_installed')


def test_compiled_operators_say_what_is_missing():
    module = ModuleType('mmcv._ext')
    compat._fill_mmcv_ext(module)
    assert not hasattr(module, '__path__')
    with pytest.raises(RuntimeError, match='nms is a compiled operator'):
        module.nms(1, threshold=2)


def test_a_real_module_wins_over_a_stand_in(tmp_path, monkeypatch):
    import mmcv

    (tmp_path / '_ext.py').write_text('answer = 42')
    monkeypatch.delitem(sys.modules, 'mmcv._ext', raising=False)
    monkeypatch.setattr(mmcv, '__path__', [str(tmp_path), *mmcv.__path__])
    importlib.invalidate_caches()
    assert importlib.import_module('mmcv._ext').answer == 42
    monkeypatch.delitem(sys.modules, 'mmcv._ext')


def test_apply_twice_changes_nothing():
    finders, xtcocotools = list(sys.meta_path), sys.modules['xtcocotools']
    compat.apply()
    assert sys.meta_path == finders
    assert finders.count(compat._last_resort) == 1
    assert sys.modules['xtcocotools'] is xtcocotools


def test_mmengine_uses_the_safe_loader():
    for path in ('work_dirs/iter_1.pth', '/a/b.pth'):
        loader = CheckpointLoader._get_checkpoint_loader(path)
        assert loader is safe_checkpoint.load_from_local
    loader = CheckpointLoader._get_checkpoint_loader('https://host/b.pth')
    assert loader is safe_checkpoint.load_from_http


@pytest.fixture
def broken_xtcocotools(monkeypatch):
    """xtcocotools as it fails when built against another NumPy."""
    real = importlib.import_module

    def import_module(name, package=None):
        if name.startswith('xtcocotools'):
            raise ValueError('numpy.dtype size changed')
        return real(name, package)

    for name in list(sys.modules):
        if name.startswith('xtcocotools'):
            monkeypatch.setitem(sys.modules, name, sys.modules[name])
    monkeypatch.setattr(importlib, 'import_module', import_module)


def test_pycocotools_stands_in_for_a_broken_xtcocotools(broken_xtcocotools):
    compat._repair_xtcocotools()
    assert sys.modules['xtcocotools.coco'].COCO is xtcoco.COCO
    assert sys.modules['xtcocotools.cocoeval'].COCOeval is xtcoco.COCOeval
    assert sys.modules['xtcocotools.mask'].__name__ == 'pycocotools.mask'


def test_a_working_xtcocotools_is_left_alone(monkeypatch):
    theirs = ModuleType('xtcocotools.coco')
    monkeypatch.setitem(sys.modules, 'xtcocotools.coco', theirs)
    compat._repair_xtcocotools()
    assert sys.modules['xtcocotools.coco'] is theirs


def _installed_as(folder, package, text):
    """What a tool says beside another release of a package."""
    (folder / package).mkdir()
    (folder / package / '__init__.py').write_text(text)
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(folder), str(ROOT)]))
    command = [sys.executable, str(ROOT / 'tools/train.py'), 'any.py']
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    return sentence


def test_an_unfit_mmcv_is_one_sentence(tmp_path):
    # as mmdet 3.3.0 says it
    said = _installed_as(
        tmp_path,
        'mmdet',
        "assert False, 'MMCV==2.2.0 is used but incompatible. Please install '"
        "'mmcv>=2.0.0rc4, <2.2.0.'",
    )
    version = metadata.version('mmdet')
    assert said == (
        f'error: mmdet {version} does not work here: it needs '
        'mmcv-lite>=2.0.0rc4, <2.2.0, but mmcv-lite 2.2.0 is installed; install releases '
        'that work together: pip install --no-deps mmengine==0.10.7 mmcv-lite==2.1.0 '
        'mmdet==3.3.0 mmpretrain==1.2.0 mmpose==1.3.2'
    )


def test_a_refusal_in_other_words_is_passed_on(tmp_path):
    said = _installed_as(tmp_path, 'mmdet', "assert False, 'no such luck'")
    assert ' does not work here: no such luck; install releases ' in said
    assert 'no such luck; install releases that work together: pip install ' in said


def test_an_unfit_torchvision_is_one_sentence(tmp_path):
    said = _installed_as(
        tmp_path,
        'torchvision',
        "raise RuntimeError('operator torchvision::nms does not exist')",
    )
    assert 'was not built for torch' in said and 'from one package index' in said


def test_an_old_albumentations_is_one_sentence(monkeypatch):
    real = metadata.version
    versions = dict(albumentations='1.4.24')
    monkeypatch.setattr(metadata, 'version', lambda n: versions.get(n) or real(n))
    with pytest.raises(UnfitVersionsError, match='albumentations 1.4.24 is too old'):
        compat._check_versions()


def test_a_mistake_at_import_can_be_caught_as_an_import_error():
    assert issubclass(UnfitVersionsError, ImportError)
    assert sys.excepthook is not compat._explain_in_one_sentence


def test_a_fork_that_formats_elsewhere_is_left_alone(monkeypatch):
    module = importlib.import_module('mmengine.config.config')
    monkeypatch.delattr(module, 'FormatCode', raising=False)
    compat._lay_out_configs()
    assert not hasattr(module, 'FormatCode')


def test_mmengine_dumps_a_config_as_it_was(tmp_path):
    cfg = Config.fromfile(ROOT / 'configs/uda/hand_3d.py')
    cfg.dump(tmp_path / 'dumped.py')
    text = (tmp_path / 'dumped.py').read_text()
    assert text == cfg.pretty_text == config_layout.lay_out(text)
    assert Config.fromfile(tmp_path / 'dumped.py').to_dict() == cfg.to_dict()


@pytest.mark.parametrize('name', ['uda/hand_3d.py', 'uda/human_2d_r101.py'])
def test_configs_of_this_package_are_bases_by_name(tmp_path, name):
    path = tmp_path / 'mine.py'
    path.write_text(f"_base_ = 'mmpose_uda::{name}'\nseed_of_mine = 3\n")
    found = Config.fromfile(path)
    own = Config.fromfile(Path(__file__).parents[1] / 'configs' / name)
    assert found.pop('seed_of_mine') == 3
    assert found.to_dict() == own.to_dict()


def test_configs_of_others_are_found_as_ever():
    cfg = Config.fromstring("_base_ = 'mmpose::_base_/default_runtime.py'", '.py')
    assert cfg.default_scope == 'mmpose'
    with pytest.raises(FileNotFoundError):
        Config.fromstring("_base_ = 'mmpose_uda::uda/none.py'", '.py')


def test_a_base_by_name_that_cannot_be_converted_is_one_sentence(tmp_path):
    (tmp_path / 'a.png').touch()
    with pytest.raises(UserError, match="model.type='DomainAdaptivePoseEstimator'"):
        convert_config('mmpose_uda::uda/human_2d.py', str(tmp_path))


def test_it_does_not_warn_of_what_mmengine_imports():
    code = (
        'import mmpose_uda\nfrom mmengine.utils import get_installed_path\n'
        'get_installed_path("mmpose")'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0 and 'pkg_resources' not in done.stderr

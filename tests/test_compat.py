"""The repairs of the stack: made where it is broken, absent where it is not."""

import importlib
import importlib.util
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from mmengine.runner import CheckpointLoader
from stock_factory import STOCK_DIR

from mmpose_uda import compat, safe_checkpoint

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
    compat._repair_xtcocotools()


def _coco(coco_class, annotations):
    coco = coco_class()
    coco.dataset = dict(
        images=[dict(id=i) for i in range(4)],
        categories=[dict(id=1, name='hand', keypoints=['a', 'b', 'c'])],
        annotations=annotations,
    )
    coco.createIndex()
    return coco


def _average_precisions(modules):
    """Of predictions that come apart from the truth more and more."""
    rng = np.random.default_rng(0)
    truth, predicted = [], []
    for i in range(4):
        points = rng.uniform(10, 90, (3, 2))
        noisy = points + rng.normal(0, 1 + 4 * i, (3, 2))
        shared = dict(
            id=i + 1, image_id=i, category_id=1, area=6400.0, bbox=[0, 0, 80, 80]
        )
        for found, xy, more in (
            (truth, points, dict(iscrowd=0, num_keypoints=3)),
            (predicted, noisy, dict(score=1 - 0.1 * i)),
        ):
            keypoints = np.c_[xy, np.full(3, 2)].ravel().tolist()
            found.append(dict(shared, keypoints=keypoints, **more))
    coco, cocoeval = modules
    evaluation = cocoeval.COCOeval(
        _coco(coco.COCO, truth),
        _coco(coco.COCO, predicted),
        'keypoints',
        np.array([0.03, 0.05, 0.08]),
        True,
    )
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def test_stand_in_evaluates_as_xtcocotools_does(request):
    names = ('xtcocotools.coco', 'xtcocotools.cocoeval')
    modules = [pytest.importorskip(name) for name in names]
    if modules[0].__name__.startswith('pycocotools'):
        pytest.skip('xtcocotools is not installed')
    expected = _average_precisions(modules)
    request.getfixturevalue('broken_xtcocotools')
    stand_ins = [sys.modules[name] for name in names]
    assert stand_ins[0].__name__ == 'pycocotools.coco'
    assert 0 < expected[0] < 1
    np.testing.assert_allclose(_average_precisions(stand_ins), expected)


def test_stand_in_refuses_what_only_xtcocotools_has(broken_xtcocotools):
    evaluator = sys.modules['xtcocotools.cocoeval'].COCOeval
    for arguments in (dict(iouType='keypoints_crowd'), dict(use_area=False)):
        with pytest.raises(RuntimeError, match='needs xtcocotools'):
            evaluator(**arguments)

"""Repairs of the OpenMMLab stack, each made only where the stack is found broken.

Import this and call :func:`apply` before anything of mmpose; importing
``mmpose_uda`` does it. What is there and works is left alone:

* ``mmcv._ext``: mmpose imports mmcv's compiled operators, which mmcv-lite has not.
* ``pkg_resources``: mmengine asks it where packages are; setuptools 82 dropped it.
* ``xtcocotools``: without a build for newer Pythons and NumPy 2; pycocotools stands in.
* checkpoints: mmengine reads its own ones, and runs no code from them.
"""

import importlib
import sys
from importlib import abc, machinery, metadata
from importlib.util import module_from_spec
from types import ModuleType


def _fill_mmcv_ext(module):
    """Operators that can be looked up, and say what is missing when called."""

    def operator(name):
        if name.startswith('__'):
            raise AttributeError(name)

        def missing(*args, **kwargs):
            raise RuntimeError(
                f'{name} is a compiled operator of mmcv, and mmcv-lite is installed: '
                'install the full mmcv to use it.'
            )

        missing.__name__ = name
        return missing

    module.__getattr__ = operator


def _fill_pkg_resources(module):
    """The part of ``pkg_resources`` that mmengine uses, from importlib.metadata."""

    class Distribution:
        def __init__(self, dist):
            self._dist = dist
            self.version = dist.version
            self.location = str(dist.locate_file(''))

        def has_metadata(self, name):
            return self._dist.read_text(name) is not None

        def get_metadata(self, name):
            return self._dist.read_text(name)

    def get_distribution(name):
        return Distribution(metadata.distribution(name))

    module.DistributionNotFound = metadata.PackageNotFoundError
    module.get_distribution = get_distribution


class _LastResort(abc.MetaPathFinder, abc.Loader):
    """Serves stand-ins for modules that no other finder has.

    It stays last in ``sys.meta_path``, so a real module always wins, and the modules
    it makes have a real ``__spec__`` and can be reloaded (mmengine needs both).
    """

    _fill = {
        'mmcv._ext': _fill_mmcv_ext,
        'pkg_resources': _fill_pkg_resources,
    }

    def find_spec(self, name, path=None, target=None):
        if name in self._fill:
            return machinery.ModuleSpec(name, self, origin=__file__)
        return None

    def exec_module(self, module):
        self._fill[module.__name__](module)


_last_resort = _LastResort()


def _serve_stand_ins():
    if _last_resort not in sys.meta_path:
        sys.meta_path.append(_last_resort)


def _repair_xtcocotools():
    """Let pycocotools answer for an xtcocotools that is absent or does not load."""
    try:
        importlib.import_module('xtcocotools.coco')
        return
    except (ImportError, ValueError, AttributeError):
        # ValueError and AttributeError: built against another NumPy
        pass
    try:
        parts = {
            name: importlib.import_module(f'pycocotools.{name}')
            for name in ('mask', 'coco')
        }
        cocoeval = importlib.import_module('pycocotools.cocoeval')
    except ImportError:
        return  # mmpose's own error names the package
    parts['cocoeval'] = _with_sigmas(cocoeval)
    spec = machinery.ModuleSpec('xtcocotools', None, is_package=True)
    package = sys.modules['xtcocotools'] = module_from_spec(spec)
    for name, module in parts.items():
        sys.modules[f'xtcocotools.{name}'] = module
        setattr(package, name, module)


def _with_sigmas(cocoeval):
    """A ``cocoeval`` module whose ``COCOeval`` takes xtcocotools' two extra arguments.

    Only ``iouType='keypoints'`` with areas exists there, and the rest is refused.
    """

    class COCOeval(cocoeval.COCOeval):
        def __init__(
            self, cocoGt=None, cocoDt=None, iouType='segm', sigmas=None, use_area=True
        ):
            if not use_area or iouType not in ('segm', 'bbox', 'keypoints'):
                raise RuntimeError(
                    f'COCOeval(iouType={iouType!r}, use_area={use_area}) needs '
                    'xtcocotools, which does not load here: install a build of it.'
                )
            super().__init__(cocoGt, cocoDt, iouType)
            if sigmas is not None:
                self.params.kpt_oks_sigmas = sigmas

    module = ModuleType('xtcocotools.cocoeval')
    module.COCOeval = COCOeval
    module.Params = cocoeval.Params
    return module


def _set_checkpoint_policy():
    """Let mmengine load files and URLs through :mod:`mmpose_uda.safe_checkpoint`."""
    from mmengine.runner import checkpoint

    from .safe_checkpoint import load_from_http, load_from_local

    register = checkpoint.CheckpointLoader.register_scheme
    register(prefixes='', loader=load_from_local, force=True)
    register(prefixes=('http://', 'https://'), loader=load_from_http, force=True)
    # the torchvision:// and openmmlab:// loaders call it by this name
    checkpoint.load_from_http = load_from_http


def apply():
    """Make the repairs; a second call changes nothing."""
    _serve_stand_ins()
    _repair_xtcocotools()
    _set_checkpoint_policy()

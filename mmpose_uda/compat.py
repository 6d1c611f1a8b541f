"""Repairs of the OpenMMLab stack.

:func:`apply` must be called before anything of mmpose is imported; importing
``mmpose_uda`` does so. What is installed and works is left alone:

* ``mmcv._ext``: mmpose imports mmcv's compiled operators, which mmcv-lite lacks.
* ``pkg_resources``: mmengine locates packages with it; setuptools 82 dropped it, and
  earlier releases warn of that, which users of mmengine cannot fix.
* ``xtcocotools``: has no build for newer Pythons and NumPy 2; pycocotools stands in.
* checkpoints: mmengine can read its own checkpoints without running code from them. It
  writes them, and the files that it keeps beside them, whole before it removes older
  ones, and refuses weights if none fits.
* ``sync_bn``: it would drop the activations that timm's BatchNorm layers contain.
* data workers: they would outlive a training that is killed.
* configs: mmengine's formatter takes seconds per config. This package's own configs are
  found as ``mmpose_uda::uda/hand_3d.py``.

Missing or incompatible packages are reported in one sentence.
"""

import importlib
import os
import os.path as osp
import re
import sys
import warnings
from importlib import abc, machinery, metadata
from importlib.util import module_from_spec

from .errors import UnfitVersionsError
from .installed import require_installed
from .required import OPENMMLAB


def _fill_mmcv_ext(module):
    """Provide operators that can be looked up, but raise an error when called."""

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
    """Provide the part of ``pkg_resources`` that mmengine uses, by importlib.metadata."""

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
    """Let pycocotools stand in for an xtcocotools that is missing or does not load."""
    try:
        importlib.import_module('xtcocotools.coco')
        return
    except (ImportError, ValueError, AttributeError):
        # ValueError and AttributeError: built against another NumPy
        pass
    try:
        mask = importlib.import_module('pycocotools.mask')
    except ImportError:
        return  # mmpose's own error names the package
    from . import xtcoco

    spec = machinery.ModuleSpec('xtcocotools', None, is_package=True)
    package = sys.modules['xtcocotools'] = module_from_spec(spec)
    for name, module in dict(mask=mask, coco=xtcoco, cocoeval=xtcoco).items():
        sys.modules[f'xtcocotools.{name}'] = module
        setattr(package, name, module)


# Packages that check the versions of others when they are imported.
_PARTICULAR = ('torchvision', 'mmpretrain', 'mmdet', 'mmpose')
_OPENMMLAB_ASSERTS = re.compile(
    r'(?P<name>\w+)==(?P<found>\S+) is used but incompatible\. '
    r'Please install (?P<fit>.+?)\.?$'
)


def _check_versions():
    """Import the packages that check the versions of others.

    Raises:
        UnfitVersionsError: A package refuses another, or is too old.
    """
    for name in _PARTICULAR:
        try:
            importlib.import_module(name)
        except AssertionError as error:
            raise UnfitVersionsError(_unfit(name, str(error))) from None
        except RuntimeError as error:
            if 'torchvision::' not in str(error):
                raise
            raise UnfitVersionsError(
                f'torchvision {_version("torchvision")} was not built for torch '
                f'{_version("torch")}: install both together from one package index.'
            ) from None
    albumentations = _version('albumentations')
    if albumentations.startswith(('0.', '1.')):
        raise UnfitVersionsError(
            f"albumentations {albumentations} is too old: pip install 'albumentations>=2'."
        )


def _unfit(name, reason):
    """Return what to install instead, from the message of a package's assertion."""
    known = _OPENMMLAB_ASSERTS.search(reason)
    if known:
        found, fit = known['name'].lower(), known['fit']
        if found == 'mmcv' and _version('mmcv-lite'):
            found, fit = 'mmcv-lite', fit.replace('mmcv', 'mmcv-lite')
        reason = f'it needs {fit}, but {found} {known["found"]} is installed'
    releases = ' '.join(OPENMMLAB.values())
    return (
        f'{name} {_version(name)} does not work here: {reason}; install releases that work '
        f'together: pip install --no-deps {releases}'
    )


def _version(name):
    """Return the version of a package, or '' if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ''


def _explain_in_one_sentence(kind, error, trace):
    """Report an error as an ``excepthook``: during this import no tool handles it yet."""
    if issubclass(kind, UnfitVersionsError):
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)
    sys.__excepthook__(kind, error, trace)


def _set_checkpoint_policy():
    """Let mmengine load files and URLs through :mod:`mmpose_uda.safe_checkpoint`."""
    from mmengine.runner import checkpoint

    from .safe_checkpoint import load_from_http, load_from_local

    register = checkpoint.CheckpointLoader.register_scheme
    register(prefixes='', loader=load_from_local, force=True)
    register(prefixes=('http://', 'https://'), loader=load_from_http, force=True)
    # the torchvision:// and openmmlab:// loaders call it by this name
    checkpoint.load_from_http = load_from_http


def _write_checkpoints_whole():
    """Write checkpoints whole, so that a killed run always has one to resume from."""
    from mmengine.config import Config
    from mmengine.hooks import CheckpointHook, checkpoint_hook
    from mmengine.runner import checkpoint, runner

    from .whole_checkpoints import dumping_whole, open_whole, removing_last, whole

    if hasattr(checkpoint.save_checkpoint, '__wrapped__'):
        return
    checkpoint_hook.open = open_whole
    Config.dump = dumping_whole(Config.dump)
    checkpoint.save_checkpoint = runner.save_checkpoint = whole(checkpoint.save_checkpoint)
    for name in ('_save_checkpoint_with_step', '_save_best_checkpoint'):
        method = getattr(CheckpointHook, name, None)  # earlier releases lack one
        if method is not None:
            setattr(CheckpointHook, name, removing_last(method))


def _refuse_weights_that_do_not_fit():
    """Let ``load_from`` and ``Pretrained`` refuse weights of which none fits."""
    from mmengine.runner import checkpoint

    from .weights_fit import naming_prefixes, refusing_misfits

    if not hasattr(checkpoint.load_state_dict, '__wrapped__'):
        checkpoint.load_state_dict = refusing_misfits(checkpoint.load_state_dict)
        checkpoint._load_checkpoint_with_prefix = naming_prefixes(
            checkpoint._load_checkpoint_with_prefix
        )


def _modules_of_mmengine(*names):
    """Yield the modules of these names that the installed release has."""
    for name in names:
        try:
            module = importlib.import_module(f'mmengine.{name}')
        except ImportError:  # an earlier release
            continue
        yield module


def _keep_activations_under_sync_bn():
    """Let ``sync_bn`` keep the activations that are parts of BatchNorm layers."""
    from .sync_norms import keeping_activations

    for module in _modules_of_mmengine('runner.runner', '_strategy.distributed'):
        if not hasattr(module.convert_sync_batchnorm, '__wrapped__'):
            module.convert_sync_batchnorm = keeping_activations(
                module.convert_sync_batchnorm
            )


def _end_data_workers_with_their_parent():
    """Let mmengine's data workers notice that the training was killed.

    torch's own watchdog ends only the loop of a worker, which then waits for ever for its
    full pipe to be read.
    """
    for module in _modules_of_mmengine('runner.runner', 'runner._flexible_runner'):
        module.default_worker_init_fn = _init_data_worker


def _init_data_worker(worker_id, **kwargs):
    from mmengine.dataset import worker_init_fn

    from .orphans import end_with_parent

    end_with_parent()
    # so that only the training itself handles a signal sent to its process group
    os.setpgrp()
    worker_init_fn(worker_id, **kwargs)


def _lay_out_configs():
    """Let mmengine format configs without yapf, which takes seconds per config."""
    from mmengine.config import config

    from .config_layout import lay_out

    if hasattr(config, 'FormatCode'):  # forks import it where they use it
        config.FormatCode = lambda text, **options: (lay_out(text), True)


def _find_own_configs():
    """Let mmengine find ``_base_ = 'mmpose_uda::uda/hand_3d.py'``.

    mmengine knows only the packages of OpenMMLab, and looks for their configs where pip
    copies them, a folder that editable installations and checkouts lack. The configs need
    no scope, because this package's parts are in mmpose's registries.
    """
    from mmengine.config import Config
    from mmengine.config.utils import MODULE2PACKAGE

    name = __name__.partition('.')[0]
    if name in MODULE2PACKAGE:
        return
    MODULE2PACKAGE[name] = name
    find = Config._get_cfg_path

    def find_own(cfg_path, filename):
        package, separator, relative = cfg_path.partition('::')
        if not separator or package != name:
            return find(cfg_path, filename)
        return osp.join(config_folder(), relative), None

    Config._get_cfg_path = staticmethod(find_own)


def config_folder():
    """Return the folder of configs: in an installed package, or beside it in a checkout."""
    package = osp.dirname(osp.abspath(__file__))
    installed = osp.join(package, '.mim', 'configs')
    return installed if osp.isdir(installed) else osp.join(osp.dirname(package), 'configs')


def apply():
    """Make the repairs; a second call changes nothing.

    Raises:
        UnfitVersionsError: Packages are missing or do not work together.
    """
    _serve_stand_ins()
    warnings.filterwarnings('ignore', 'pkg_resources is deprecated', UserWarning)
    try:
        require_installed()
        _repair_xtcocotools()
        _check_versions()
    except UnfitVersionsError:
        sys.excepthook = _explain_in_one_sentence
        raise
    _set_checkpoint_policy()
    _write_checkpoints_whole()
    _refuse_weights_that_do_not_fit()
    _keep_activations_under_sync_bn()
    _end_data_workers_with_their_parent()
    _lay_out_configs()
    _find_own_configs()

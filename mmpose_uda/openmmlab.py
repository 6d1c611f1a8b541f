"""The packages of OpenMMLab, which an installation of this one does not bring."""

from importlib.util import find_spec

from .errors import UnfitVersionsError

# By the module that is imported; the releases of requirements/openmmlab.txt.
_RELEASES = {
    'mmengine': 'mmengine==0.10.7',
    'mmcv': 'mmcv-lite==2.1.0',
    'mmdet': 'mmdet==3.3.0',
    'mmpretrain': 'mmpretrain==1.2.0',
    'mmpose': 'mmpose==1.3.2',
}


def require_openmmlab() -> None:
    """Look whether all of them are there, without importing them.

    pip cannot bring them: mmpose requires chumpy, which does not build and is never
    imported. What they import besides is required by this package.

    Raises:
        UnfitVersionsError: Some are missing.
    """
    missing = [module for module in _RELEASES if find_spec(module) is None]
    if missing:
        releases = ' '.join(_RELEASES[module] for module in missing)
        raise UnfitVersionsError(
            f'mmpose_uda needs {_listed(missing)}, not installed here: '
            f'pip install --no-deps {releases}'
        )


def _listed(names: list[str]) -> str:
    *others, last = names
    return f'{", ".join(others)} and {last}' if others else last

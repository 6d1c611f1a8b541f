"""Check that the packages that every command needs are installed."""

import shlex
from importlib.util import find_spec

from .errors import UnfitVersionsError
from .required import IMPORTED, OF_OPENMMLAB, OPENMMLAB


def require_installed() -> None:
    """Check that the required packages are installed, without importing them.

    pip never installs the packages of OpenMMLab with this one, and with ``--no-deps`` it
    does not install the others either.

    Raises:
        UnfitVersionsError: Packages are missing.
    """
    others, openmmlab = _missing(IMPORTED | OF_OPENMMLAB), _missing(OPENMMLAB)
    if not others and not openmmlab:
        return
    commands = []
    if others:
        commands.append(shlex.join(['pip', 'install', *others.values()]))
    if openmmlab:
        commands.append(shlex.join(['pip', 'install', '--no-deps', *openmmlab.values()]))
    *names, last = [*openmmlab, *others]
    listed = f'{", ".join(names)} and {last}, which are' if names else f'{last}, which is'
    raise UnfitVersionsError(
        f'mmpose_uda needs {listed} not installed here: {" && ".join(commands)}'
    )


def _missing(modules: dict[str, str]) -> dict[str, str]:
    return {name: what for name, what in modules.items() if find_spec(name) is None}

"""requirements/lock-*.txt: whole, and of the versions that the other lists pin."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

FOLDER = Path(__file__).resolve().parents[2] / 'requirements'
LOCKS = sorted(FOLDER.glob('lock-*.txt'))


def normal(name):
    return re.sub(r'[-_.]+', '-', name).lower()


def pins_of(path):
    """Name of a distribution -> version."""
    lines = path.read_text().splitlines()
    pins = [line.split('==') for line in lines if line and not line.startswith('#')]
    return {normal(name): version for name, version in pins}


@pytest.fixture(params=LOCKS, ids=lambda path: path.stem)
def locked(request):
    return pins_of(request.param)


def test_there_is_one_for_the_python_of_the_tests():
    assert 'lock-3.11.txt' in {path.name for path in LOCKS}


def test_it_has_what_is_pinned(locked):
    for name in ('stack', 'openmmlab', 'tests'):
        pinned = pins_of(FOLDER / f'{name}.txt')
        # pip freeze leaves out what pip itself stands on
        pinned.pop('setuptools', None)
        assert pinned.items() <= locked.items(), name


def test_it_has_what_those_require(locked):
    """As the installed ones say it; OpenMMLab's are installed without."""
    own = pins_of(FOLDER / 'openmmlab.txt')
    for name in locked.keys() - own:
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another platform or Python
        for requirement in map(Requirement, lines):
            if requirement.marker is None or requirement.marker.evaluate({'extra': ''}):
                required = normal(requirement.name)
                assert required in {*locked, 'pip', 'setuptools'}, (name, required)
                if required in locked:
                    assert requirement.specifier.contains(locked[required], True)

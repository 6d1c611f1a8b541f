"""What is imported is declared, and nothing that is not."""

import ast
import re
import sys
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from mmpose_uda import required

ROOT = Path(__file__).resolve().parents[2]
OPENMMLAB = [Requirement(line).name for line in required.OPENMMLAB.values()]
# What those require and this package does without:
LEFT_OUT = {
    'chumpy',  # never imported, and does not build
    'json-tricks',  # imported by demos alone
    'opencv-python',  # opencv-python-headless is the same without windows
    'xtcocotools',  # pycocotools stands in for it
}


def normal(name):
    return re.sub(r'[-_.]+', '-', name).lower()


@pytest.fixture(scope='module')
def described(wheel):
    """What an index shows of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith('.dist-info/METADATA'))
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope='module')
def declared(described):
    """Extra, or '' -> names of distributions."""
    found = {}
    for requirement in map(Requirement, described.get_all('Requires-Dist')):
        extra = re.search('extra == "(.*)"', str(requirement.marker or ''))
        found.setdefault(extra[1] if extra else '', set()).add(normal(requirement.name))
    return found


def imported_modules():
    """Top-level modules of others, wherever in a file they are imported."""
    paths = [ROOT / 'mmpose_uda_command.py']
    for folder in ('mmpose_uda', 'tools', 'configs'):
        paths += (ROOT / folder).rglob('*.py')
    modules = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.split('.')[0])
    own = {'mmpose_uda', 'mmpose_uda_command'}
    return modules - own - set(required.OPENMMLAB) - sys.stdlib_module_names


def distributions(modules):
    owners = metadata.packages_distributions()
    missing = [module for module in modules if module not in owners]
    assert not missing, f'not installed here: {missing}'
    return {normal(owners[module][0]) for module in modules}


def required_by_openmmlab():
    """Names of distributions that an installation with its requirements would bring."""
    lines = [line for name in OPENMMLAB for line in metadata.requires(name)]
    wanted = [r for r in map(Requirement, lines) if not r.marker or r.marker.evaluate()]
    return {normal(requirement.name) for requirement in wanted}


def test_what_is_imported_is_declared_and_nothing_else(declared):
    own = distributions(imported_modules())
    theirs = required_by_openmmlab()
    assert LEFT_OUT <= theirs
    expected = (own | theirs) - LEFT_OUT - set(OPENMMLAB)
    assert declared[''] == expected - declared['onnx']


def test_modules_are_of_the_packages_that_are_declared_for_them():
    """Otherwise `import mmpose_uda` would tell of a package that does not help."""
    owners = metadata.packages_distributions()
    modules = required.IMPORTED | required.OF_SINGLE_PARTS
    modules |= required.OF_OPENMMLAB | required.OPENMMLAB
    for module, requirement in modules.items():
        name = Requirement(requirement).name
        # modelindex brings another package, whose the module is
        brought = map(Requirement, [name, *(metadata.requires(name) or [])])
        names = {normal(one.name) for one in brought}
        assert names & set(map(normal, owners[module])), module


def test_extras_are_what_single_commands_import(declared):
    assert declared['onnx'] <= distributions(imported_modules())
    # torch writes it, and config/preparing.py does without where it is missing
    assert declared['tensorboard'] == {'tensorboard'}


def test_their_page_has_the_extras(declared):
    page = (ROOT / 'docs/install.md').read_text()
    for extra in declared.keys() - {''}:
        (packages,) = re.findall(rf'^\| `{extra}` \| (.*?) \|', page, re.M)
        named = [Requirement(word) for word in re.findall('`(.*?)`', packages)]
        assert {normal(requirement.name) for requirement in named} == declared[extra]


def test_nothing_of_openmmlab_is_required(declared):
    assert not [name for name in declared[''] if name.startswith('mm')]


def test_who_made_it_is_who_is_cited(described):
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    assert described['Author'] == citation['authors'][0]['name']


def test_the_pythons_are_those_that_make_env_takes(described):
    """The Makefile asks for the first and the last of them."""
    named = re.findall(r'Python :: (3\.\d+)', ' '.join(described.get_all('Classifier')))
    first, last = re.search(
        r'not \((\d+, \d+)\) <= .* <= \((\d+, \d+)\)', (ROOT / 'Makefile').read_text()
    ).groups()
    assert [named[0], named[-1]] == [pair.replace(', ', '.') for pair in (first, last)]
    assert described['Requires-Python'] == f'>={named[0]}'

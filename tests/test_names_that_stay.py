"""What a config of 1.0 or a script can name is there (docs/contracts.md, Names)."""

import argparse
import ast
import inspect
import re
from pathlib import Path

import pytest
from mmengine.config import Config
from tool_process import parser_of

from mmpose_uda import apis
from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments import Alignment, Selection
from mmpose_uda.models.readers import HeadReader, HeatmapReader

TESTS = Path(__file__).resolve().parent
ARGUMENTS = {
    name: words for name, *words in map(str.split, (TESTS / 'arguments_of_1_2.txt').open())
}


def registered_names():
    """``REGISTRY name`` of what is decorated with ``REGISTRY.register_module()``."""
    names = set()
    for path in (TESTS.parent / 'mmpose_uda').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            for decorator in getattr(node, 'decorator_list', []):
                call = ast.unparse(decorator)
                registry, method, _ = call.partition('.register_module(')
                if method:
                    names |= {f'{registry} {name}' for name in _names(decorator, node)}
    return names


def _names(decorator, node):
    """The class's own, or those that the registry is told."""
    given = [k.value for k in decorator.keywords if k.arg == 'name']
    if not given:
        return {node.name}
    told = ast.literal_eval(given[0])
    return {told} if isinstance(told, str) else set(told)


def test_no_name_is_gone():
    promised = (TESTS / 'names_of_1_0.txt').read_text().splitlines()
    assert set(promised) <= registered_names()
    assert 'HOOKS EMATeacherHook' in promised


def test_what_stays_is_on_the_page():
    page = (TESTS.parent / 'docs/api.md').read_text()
    shown = {path.rpartition('.')[2] for path in re.findall(r'^::: (\S+)$', page, re.M)}
    promised = (TESTS / 'names_of_1_0.txt').read_text().splitlines()
    classes = (Alignment, Selection, HeadReader, UserError)
    wanted = {line.split()[1] for line in promised} | set(apis.__all__)
    assert wanted | {cls.__name__ for cls in classes} <= shown


@pytest.mark.parametrize('name', [name for name in ARGUMENTS if name.startswith('apis.')])
def test_no_argument_of_a_function_is_gone(name):
    """They keep their places, too, and what comes later has a default."""
    function = getattr(apis, name.removeprefix('apis.'))
    parameters = list(inspect.signature(function).parameters.values())
    count = len(ARGUMENTS[name])
    assert [parameter.name for parameter in parameters[:count]] == ARGUMENTS[name]
    assert all(parameter.default is not parameter.empty for parameter in parameters[count:])


@pytest.mark.parametrize('tool', [name for name in ARGUMENTS if name.startswith('tools/')])
def test_no_option_of_a_tool_is_gone(tool):
    """What is given by its place keeps it, and nothing later has to be given."""
    actions = parser_of(TESTS.parent / tool)._actions
    options = {word for action in actions for word in action.option_strings}
    places = [action.dest for action in actions if not action.option_strings]
    recorded = [word for word in ARGUMENTS[tool] if not word.startswith('-')]
    assert places[: len(recorded)] == recorded
    assert {word for word in ARGUMENTS[tool] if word.startswith('-')} <= options
    for action in actions:
        if not {action.dest, *action.option_strings} & set(ARGUMENTS[tool]):
            assert isinstance(action, argparse._HelpAction) or not action.required


def test_what_is_called_today_is_recorded():
    """A file of arguments that lost its lines would promise nothing."""
    tools = (TESTS.parent / 'tools').rglob('*.py')
    names = {path.relative_to(TESTS.parent).as_posix() for path in tools}
    assert names | {f'apis.{name}' for name in apis.__all__} <= ARGUMENTS.keys()


def test_types_are_checked_of_what_a_user_calls_or_writes_a_subclass_of():
    listed = (TESTS.parent / 'pyproject.toml').read_text()
    files = re.findall(r'^    "(mmpose_uda[\w/.]*)",$', listed, re.M)
    functions = [getattr(apis, name) for name in apis.__all__]
    for one in [*functions, Alignment, Selection, HeadReader, HeatmapReader]:
        path = Path(inspect.getsourcefile(one)).relative_to(TESTS.parent).as_posix()
        assert any(path == file or path.startswith(f'{file}/') for file in files), path


def test_no_config_is_gone():
    promised = (TESTS / 'configs_of_1_0.txt').read_text().splitlines()
    assert [path for path in promised if not (TESTS.parent / path).is_file()] == []
    assert 'configs/uda/hand_3d.py' in promised


def test_the_schedules_of_1_0_are_what_they_were():
    for name, steps in dict(masked_1550=[100, 450, 1000], aligned_1200=[500, 700]).items():
        cfg = Config.fromfile(TESTS.parent / f'configs/_base_/schedule/{name}.py')
        assert [phase.iters for phase in cfg.train_cfg.phases] == steps
        assert cfg.phases == cfg.train_cfg.phases

"""Names that a config of 1.0 can use are there (CONTRIBUTING.md, What may change)."""

import ast
from pathlib import Path

from mmengine.config import Config

TESTS = Path(__file__).resolve().parent


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


def test_no_config_is_gone():
    promised = (TESTS / 'configs_of_1_0.txt').read_text().splitlines()
    assert [path for path in promised if not (TESTS.parent / path).is_file()] == []
    assert 'configs/uda/hand_3d.py' in promised


def test_the_schedules_of_1_0_are_what_they_were():
    for name, steps in dict(masked_1550=[100, 450, 1000], aligned_1200=[500, 700]).items():
        cfg = Config.fromfile(TESTS.parent / f'configs/_base_/schedule/{name}.py')
        assert [phase.iters for phase in cfg.train_cfg.phases] == steps
        assert cfg.phases == cfg.train_cfg.phases

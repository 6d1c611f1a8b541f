"""Names that a config of 1.0 can use are there (CONTRIBUTING.md, What may change)."""

import ast
from pathlib import Path

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

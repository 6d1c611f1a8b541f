"""The rooms of the package (docs/architecture.md): imports point downward only."""

import ast
import graphlib
import re
from pathlib import Path

import mmpose_uda

PACKAGE = Path(mmpose_uda.__file__).parent
# From the ground up; rooms of one line do not know each other.
ROOMS = [
    {
        'bugs',
        'config_layout',
        'errors',
        'evenly',
        'markdown',
        'near_names',
        'orphans',
        'random_keys',
        'required',
        'safe_pickle',
        'templates',
        'version',
        'whole_files',
        'xtcoco',
    },  # fmt: skip
    {
        'decoded_images',
        'finite_weights',
        'installed',
        'metainfo',
        'safe_checkpoint',
        'sync_norms',
        'views',
    },
    {'weights_fit', 'whole_checkpoints'},
    {'compat', 'synthetic', 'codecs', 'evaluation', 'models.utils'},
    {'datasets', 'models.losses', 'models.readers', 'models.backbones'},
    {'models.observation', 'models.style_networks', 'models.data_preprocessors'},
    {'models.heads'},
    {'models.alignments'},
    {'models.pose_estimators'},
    {'visualization'},
    {'config'},
    {'deploy'},
    {'engine'},
    {'analysis', 'convert', 'inference'},
    {'adaptation'},
    {'apis'},
    {'__main__'},
]
FLOORS = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}
# The two that say what belongs to the package.
TABLES_OF_CONTENTS = {'', 'models'}


def name_of(path: Path) -> str:
    """Dotted name of a file, without the package's own; that of a folder for __init__."""
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


MODULES = {name_of(path): path for path in PACKAGE.rglob('*.py')}


def imports_of(name: str) -> set[str]:
    """Modules of the package that a module imports anywhere in it."""
    path, found = MODULES[name], set()
    base = ['mmpose_uda', *filter(None, name.split('.'))]
    if path.name != '__init__.py':
        base = base[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            module = '.'.join([*start, *filter(None, [node.module])])
            names = [f'{module}.{alias.name}' for alias in node.names]
            is_module = [n.removeprefix('mmpose_uda.') in MODULES for n in names]
            found.update(n for n, is_one in zip(names, is_module) if is_one)
            if not all(is_module):
                found.add(module)
    own = {n for n in found if n.split('.')[0] == 'mmpose_uda'}
    return {n.removeprefix('mmpose_uda').removeprefix('.') for n in own}


def room_of(name: str) -> str:
    parts = name.split('.')
    return '.'.join(parts[:2] if parts[0] == 'models' else parts[:1])


def test_every_room_has_its_floor():
    rooms = {room_of(name) for name in MODULES} - TABLES_OF_CONTENTS
    assert rooms == set(FLOORS)


def test_the_page_has_every_room():
    page = (PACKAGE.parent / 'docs/architecture.md').read_text()
    (section,) = re.findall(r'^## The rooms\n(.*?)^## ', page, re.M | re.S)
    cells = ' '.join(re.findall(r'^\| (`.*?) \|', section, re.M))
    listed = [name.replace('/', '.') for name in re.findall('`(.*?)`', cells)]
    assert sorted(listed) == sorted(FLOORS)


def points_upward(name: str, other: str) -> bool:
    room, others = room_of(name), room_of(other)
    return room != others and FLOORS[room] <= FLOORS[others]


def test_imports_point_downward():
    wrong = [
        f'{name} imports {other}'
        for name in MODULES.keys() - TABLES_OF_CONTENTS
        for other in imports_of(name) - {''}
        if points_upward(name, other)
    ]
    assert not wrong, '\n'.join(wrong)


def test_there_is_no_circle():
    names = MODULES.keys() - TABLES_OF_CONTENTS
    graph = {name: imports_of(name) - {name} for name in names}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order.index('errors') < order.index('models.losses.info_max_loss')


def test_the_generator_is_loaded_by_the_maker_of_data_alone():
    users = {
        name
        for name in MODULES
        if room_of(name) != 'synthetic'
        and any(room_of(other) == 'synthetic' for other in imports_of(name))
    }
    assert users == {'config.builtin_data'}

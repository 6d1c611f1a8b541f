"""docs/datasets.md: folders as the classes have them, and blocks and commands that run."""

import re
import shlex
from pathlib import Path

import pytest
from config_factory import public_configs, redirect_data
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from published_3d_factory import write_mmpose_rhd
from published_factory import write_lsp, write_surreal
from tool_process import run_tool

from mmpose_uda.analysis.variants import variant_names
from mmpose_uda.apis import check_data
from mmpose_uda.apis.command_line import parse_options

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / 'docs' / 'datasets.md').read_text()
NAMES = [
    'AnimalPose14', 'DexYCB', 'FreiHAND', 'HO3D', 'Hand3DStudio', 'Human36M3D',
    'Human36MMMPose', 'Human36MRGB', 'InterHand26M', 'LSP', 'LSPExtended',
    'MPIINF3DHP', 'MPIINF3DHPMMPose', 'RenderedHandPose', 'STB', 'SURREAL', 'SURREAL3D',
    'SyntheticAnimal', 'ThreeDPW', 'TigDog',
]  # fmt: skip
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r'^```bash\n(.*?)^```', TEXT, re.M | re.S)
    for line in block.replace('\\\n', ' ').splitlines()
]
CONFIGS = re.findall(r'^\| `(configs/uda/\w+\.py)` \|', TEXT, re.M)


@pytest.mark.parametrize('name', NAMES)
def test_folders_are_those_that_the_classes_read(name):
    dataset = DATASETS.get(name)
    assert f'```{dataset.TREE}```' in TEXT
    splits = ', '.join(f'`{split}`' for split in dataset.SPLITS)
    (row,) = re.findall(rf'^\| `{name}` \| (.*?) \|', TEXT, re.M)
    assert re.sub(r' \(.*?\)', '', row) == splits
    assert f'| [`{name}`](#' in TEXT


BLOCK, BLOCK_OF_MMPOSE = re.findall(r'^```python\n(.*?)^```', TEXT, re.M | re.S)


def test_the_block_of_a_config(tmp_path, monkeypatch):
    write_surreal(tmp_path / 'data/SURREAL')
    write_lsp(tmp_path / 'data/LSP')
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpose')
    found = {}
    exec(BLOCK, found)
    for key in ('source', 'target', 'test'):
        item = DATASETS.build(found[key])[0]
        assert ('keypoints' in item) == (key != 'target')


def test_the_block_of_mmposes_file(tmp_path, monkeypatch):
    annotations = tmp_path / 'data/rhd/annotations'
    annotations.mkdir(parents=True)
    write_mmpose_rhd(annotations)
    for path in annotations.iterdir():
        if path.suffix != '.json':  # images lie beside the folder
            path.rename(annotations.parent / path.name)
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpose')
    found = dict(load=[dict(type='LoadPoseImage')])
    exec(BLOCK_OF_MMPOSE, found)
    assert DATASETS.build(found['source'])[0]['keypoints_3d'].shape == (1, 21, 3)


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    """Work where the data of a config are, named as the page and the config have them."""

    def draw(path):
        redirect_data(Config.fromfile(ROOT / path), tmp_path / 'data')
        monkeypatch.chdir(tmp_path)

    return draw


def test_the_table_has_all_benchmarks():
    files = {str(p.relative_to(ROOT)) for p in public_configs()}
    assert files - set(CONFIGS) == {'configs/uda/surreal2lsp_weak_strong.py'}
    for path in CONFIGS:
        (row,) = re.findall(rf'^\| `{path}` .*`(\S+)` \|$', TEXT, re.M)
        figures = {
            f'{metric.prefix}/{figure}'
            for metric in Config.fromfile(ROOT / path).test_evaluator
            for figure in metric.get('metrics', ['PCK'])
        }
        assert row in figures


@pytest.mark.parametrize('path', CONFIGS)
def test_data_as_the_page_has_them_are_checked(path, in_folder):
    in_folder(path)
    problems = check_data(str(ROOT / path)).problems
    assert len(problems) == ('lsp' in path)
    if 'lsp' in path:
        assert 'images of the val and test data are in the target data too' in problems[0]
        names = ('train_dataloader.dataset.target', 'val_dataloader.dataset')
        clean = {f'{name}.clean': True for name in (*names, 'test_dataloader.dataset')}
        assert not check_data(str(ROOT / path), cfg_options=clean).problems


def test_a_look_at_the_data(in_folder):
    (command,) = (c for c in COMMANDS if 'tools/misc/browse_dataset.py' in c)
    in_folder(command[2])
    tool, *arguments = command[1:]
    arguments = [str(ROOT / argument) for argument in arguments]
    done = run_tool(tool.removeprefix('tools/'), *arguments, '--num', '2')
    assert done.returncode == 0 and 'is written' in done.stdout, done.stderr


def test_commands_name_what_there_is():
    variants = 0
    for command in COMMANDS:
        assert (ROOT / command[1]).is_file()
        configs = [word for word in command if word.startswith('configs/')]
        for path in configs:
            cfg = Config.fromfile(ROOT / path)
            if '--cfg-options' in command:
                options = parse_options(command[command.index('--cfg-options') + 1 :])
                cfg.merge_from_dict(options)
            if '--variants' in command:
                named = command[command.index('--variants') + 1 :]
                assert set(named) <= set(variant_names(cfg))
                variants += 1
    assert variants == 1

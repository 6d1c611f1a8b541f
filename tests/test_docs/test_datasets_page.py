"""docs/datasets.md: folders as the classes have them, and a block that runs."""

import re
from pathlib import Path

import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from published_factory import write_lsp, write_surreal

from mmpose_uda.datasets.published.h36m_conversion import RAW_TREE

TEXT = (Path(__file__).parents[2] / 'docs' / 'datasets.md').read_text()
NAMES = [
    'FreiHAND', 'Hand3DStudio', 'Human36MRGB', 'LSP', 'LSPExtended', 'RenderedHandPose',
    'SURREAL',
]  # fmt: skip


@pytest.mark.parametrize('name', NAMES)
def test_folders_are_those_that_the_classes_read(name):
    dataset = DATASETS.get(name)
    assert f'```{dataset.TREE}```' in TEXT
    splits = ', '.join(f'`{split}`' for split in dataset.SPLITS)
    (row,) = re.findall(rf'^\| `{name}` \| (.*?) \|', TEXT, re.M)
    assert re.sub(r' \(.*?\)', '', row) == splits
    assert f'| [`{name}`](#' in TEXT


def test_the_folder_before_the_conversion():
    assert f'```{RAW_TREE}```' in TEXT


def test_the_block_of_a_config(tmp_path, monkeypatch):
    (block,) = re.findall(r'^```python\n(.*?)^```', TEXT, re.M | re.S)
    write_surreal(tmp_path / 'data/SURREAL')
    write_lsp(tmp_path / 'data/LSP')
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpose')
    found = {}
    exec(block, found)
    for key in ('source', 'target', 'test'):
        item = DATASETS.build(found[key])[0]
        assert ('keypoints' in item) == (key != 'target')

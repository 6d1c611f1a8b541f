"""model-index.yml: its form, its configs, and where its numbers come from."""

import re
import warnings
from pathlib import Path

import modelindex
import pytest
import yaml
from config_factory import CONFIG_DIR, public_configs, runnable_configs
from mmengine.config import utils as config_utils

ROOT = CONFIG_DIR.parents[1]
INDEX = ROOT / 'model-index.yml'
# not to be reported: another seed of the data, and a training without poses
NO_BENCHMARKS = {
    'configs/uda/hand_3d_tuning.py',
    'configs/uda/pretrain/hand_3d_mim.py',
    'configs/uda/pretrain/human_3d_mim.py',
}
TABLES = (ROOT / 'docs' / 'datasets.md').read_text()


def models() -> list[dict]:
    """All entries, of all files."""
    imported = yaml.safe_load(INDEX.read_text())['Import']
    contents = [yaml.safe_load((ROOT / path).read_text()) for path in imported]
    return [model for content in contents for model in content['Models']]


def test_the_index_has_all_files_and_all_benchmarks():
    imported = yaml.safe_load(INDEX.read_text())['Import']
    there = {str(path.relative_to(ROOT)) for path in (ROOT / 'configs').rglob('*.yml')}
    assert set(imported) == there and len(imported) == len(there)
    configs = {str(path.relative_to(ROOT)) for path in runnable_configs()}
    assert sorted(m['Config'] for m in models()) == sorted(configs - NO_BENCHMARKS)
    assert all(model['Name'] == Path(model['Config']).stem for model in models())


def test_modelindex_finds_nothing_to_complain_of():
    index = modelindex.load(str(INDEX))
    assert index.check(silent=True) == []
    assert len(index.models) == len(models())
    named = {collection.name for collection in index.collections}
    assert {model.in_collection for model in index.models} == named
    # mim goes through the results of each, and joins lists of metadata
    for model in index.models:
        assert len(list(model.results)) == 1
        for value in model.metadata.data.values():
            assert value and all(isinstance(item, str) for item in value)


@pytest.mark.parametrize('path', public_configs(), ids=lambda path: path.stem)
def test_mmengine_finds_them_as_it_does_in_a_wheel(path, tmp_path):
    mim = tmp_path / '.mim'
    mim.mkdir()
    (mim / 'configs').symlink_to(ROOT / 'configs')
    (mim / 'model-index.yml').symlink_to(INDEX)
    name = str(path.relative_to(ROOT / 'configs'))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = config_utils._get_cfg_metainfo(str(tmp_path), name)
    assert found['Name'] == path.stem


def test_our_own_figures_are_measured_ones():
    """A page has them in one line; those of public data nobody has measured yet."""
    public = {str(path.relative_to(ROOT)) for path in public_configs()}
    measured = 0
    for model in models():
        ((figures, *_),) = ([r['Metrics']] for r in model['Results'])
        assert bool(figures) == ('Measured' in model)
        if figures:
            assert model['Config'] not in public
            lines = (ROOT / model['Measured']).read_text().splitlines()
            texts = [f'{v:g}' for v in figures.values()]
            numbers = [re.findall(r'\d+\.\d+', line) for line in lines]
            assert any(
                set(texts) <= {f'{float(n):g}' for n in found} for found in numbers
            ), model['Name']
            measured += 1
    assert measured


def references(config: str) -> list[dict]:
    found = [m.get('Reference Results', []) for m in models() if m['Config'] == config]
    return [row for rows in found for row in rows]


def test_references_say_where_they_are_from():
    paths = [f'configs/uda/{path.name}' for path in public_configs()]
    rows = [row for path in paths for row in references(path)]
    assert rows
    for row in rows:
        assert set(row) - {'Setting'} == {'Method', 'Metrics', 'Source'}
        assert all(isinstance(value, (int, float)) for value in row['Metrics'].values())
    assert not any('Reference Results' in m for m in models() if m['Config'] not in paths)


def test_references_are_those_of_the_page():
    """The tables of docs/datasets.md and the index have the same figures."""
    columns = {
        'SURREAL to LSP': 'surreal2lsp',
        'SURREAL to Human3.6M': 'surreal2h36m',
        'RHD to Hand-3D-Studio': 'rhd2h3d',
        'RHD to FreiHAND': 'rhd2freihand',
    }
    table = re.search(r'^\| method \| SURREAL to LSP .*?(?=\n\n)', TABLES, re.M | re.S)
    header, _, *lines = (
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in table[0].splitlines()
    )
    for title, name in columns.items():
        place = header.index(title)
        page = [float(line[place]) for line in lines if line[place]]
        rows = references(f'configs/uda/{name}.py')
        assert [row['Metrics']['PCK@0.05'] for row in rows] == page
    for title, name in (
        ('MPI-INF-3DHP', 'h36m2mpiinf3dhp_3d'),
        ('3DPW', 'h36m2threedpw_3d'),
    ):
        lines = re.findall(rf'^\| {title} \| .*\|$', TABLES, re.M)
        page = [[cell.strip() for cell in line.split('|')[2:5]] for line in lines]
        figures = [
            (row['Method'], *(row['Metrics'].get(k) for k in ('MPJPE', 'PA-MPJPE')))
            for row in references(f'configs/uda/{name}.py')
        ]
        assert figures == [
            (name, *(float(x) if x else None for x in xs)) for name, *xs in page
        ]
    (animals,) = references('configs/uda/synanimal2tigdog.py')
    assert f'has {animals["Metrics"]["PCK@0.05"]} on TigDog' in TABLES

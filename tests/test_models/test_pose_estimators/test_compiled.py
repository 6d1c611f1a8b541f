"""A training with ``compile`` in its config."""

import json

import pytest
import torch
from config_factory import CONFIG_DIR, run, tiny_config


@pytest.fixture(autouse=True)
def fresh_compiler():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.mark.long
def test_it_computes_what_it_does_without(tmp_path):
    """The attention of each step is its own, not what was recorded while compiling."""
    rows = {}
    for compiled in (False, True):
        work_dir = tmp_path / str(compiled)
        cfg = tiny_config(CONFIG_DIR / 'hand_3d.py', tmp_path / 'data', work_dir)
        cfg.train_cfg.phases = cfg.train_cfg.phases[-1:]
        if compiled:
            cfg.compile = dict(backend='eager')
        run(cfg)
        rows[compiled] = json.loads((work_dir / 'record.json').read_text())
    for eager, compiled in zip(rows[False], rows[True]):
        assert 'attention/loss_source' in eager['losses']
        assert compiled['losses'] == pytest.approx(eager['losses'], rel=1e-4, abs=1e-6)

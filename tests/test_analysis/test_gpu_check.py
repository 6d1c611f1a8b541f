import json
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_uda.analysis import gpu_check
from mmpose_uda.analysis.gpu_check import Check
from mmpose_uda.errors import UserError

ROOT = Path(__file__).parents[2]
FIGURES = dict(
    step_seconds=0.25,
    step_over_floor_ratio=1.5,
    images_per_second=64,
    peak_memory_bytes=int(3e9),
)


def python(code, name='check', **options):
    return Check(name, (sys.executable, '-c', code), **options)


def run(folder, *checks):
    return gpu_check.run_checks(list(checks), folder, dict(MARK='here'))


def test_what_fails_is_shown_and_the_rest_goes_on(tmp_path, capsys):
    many = 'for n in range(40): print(f"line {n}")'
    outcomes = run(
        tmp_path,
        python(f'{many}\nraise SystemExit(3)', 'first'),
        python('import os; assert os.environ["MARK"] == "here"', 'second, one'),
    )
    assert [o.problem for o in outcomes] == ['failed with status 3', '']
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith('first: failed with status 3')
    assert printed[1].strip() == 'line 25' and printed[15].strip() == 'line 39'
    assert printed[16].startswith('second, one: passed')
    assert (tmp_path / 'logs/first.log').read_text().startswith('line 0\n')


def test_what_takes_too_long_is_stopped_with_its_children(tmp_path):
    child = f'time.sleep(3); pathlib.Path({str(tmp_path / "late")!r}).touch()'
    code = (
        'import subprocess, sys\n'
        f'subprocess.run([sys.executable, "-c", {"import time, pathlib; " + child!r}])'
    )
    begin = time.monotonic()
    (outcome,) = run(tmp_path, python(code, limit=1))
    assert outcome.problem == 'stopped after 1 s' and time.monotonic() - begin < 3
    time.sleep(3)
    assert not (tmp_path / 'late').exists()


def test_all_together_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_check, 'SECONDS', 0)
    (outcome,) = run(tmp_path, python('raise SystemExit(1)'))
    assert outcome.problem == 'no time was left of 0 s'


@pytest.mark.parametrize('fails', [False, True])
def test_figures_are_reported(tmp_path, capsys, fails):
    code = f'open("a.json", "w").write({json.dumps(FIGURES)!r})'
    checks = [python(code, 'step', figures='a.json')]
    if fails:
        checks.append(python('', 'silent', figures='none.json'))
    outcomes = run(tmp_path, *checks)
    path = tmp_path / 'gpu_check.json'
    passed = gpu_check.report(outcomes, dict(device='Some GPU'), path)
    assert passed is not fails
    written = json.loads(path.read_text())
    assert written['passed'] is passed and written['device'] == dict(device='Some GPU')
    assert written['checks'][0]['figures'] == FIGURES
    printed = capsys.readouterr().out
    assert 'Some GPU' in printed
    assert '| passed | 250.0 | 1.50 | 64 | 3.0 |\n' in printed
    assert ('measured nothing' in printed) is fails


def test_figures_of_an_earlier_time_are_not_taken(tmp_path):
    (tmp_path / 'a.json').write_text(json.dumps(FIGURES))
    (outcome,) = run(tmp_path, python('', figures='a.json'))
    assert 'measured nothing' in outcome.problem and outcome.figures == {}


@pytest.mark.skipif(torch.cuda.is_available(), reason='has a GPU')
def test_a_machine_without_a_gpu():
    with pytest.raises(UserError, match='There is no GPU here.*--device cpu'):
        gpu_check.describe_device('cuda')
    assert gpu_check.describe_device('cpu')['torch'] == torch.__version__


def test_checks_of_a_gpu(tmp_path):
    gpu_check.link_checkout(ROOT, tmp_path)
    checks = gpu_check.checks_for('cuda', tmp_path)
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    wanted = ('hand_3d fp16', 'human_2d bf16', 'NCCL, one process', 'compile', 'resume')
    assert set(wanted) < set(names)
    for check in checks:
        paths = [word for word in check.command if word.startswith(('tools', 'configs'))]
        assert paths and all(word.endswith('.py') for word in paths)
        for word in set(paths) - {'tools/analysis_tools/benchmark_step.py'}:
            assert (tmp_path / word).is_file()
    steps = [check for check in checks if check.figures]
    assert len(steps) == 4 and all('--batch 32' in ' '.join(s.command) for s in steps)


def test_a_vit_b_of_the_hand_benchmark(tmp_path):
    gpu_check.link_checkout(ROOT, tmp_path)
    gpu_check.checks_for('cuda', tmp_path)
    init_default_scope('mmpose')
    cfg = Config.fromfile(tmp_path / 'hand_3d_vit_b.py')
    for key in ('model', 'train_dataloader', 'val_dataloader'):
        assert '(64, 64)' not in str(cfg[key])  # no part is left of the small one
    with torch.device('meta'):
        model = MODELS.build(cfg.model.estimator)
    backbone = sum(p.numel() for p in model.backbone.parameters())
    assert 85e6 < backbone < 87e6  # of ViT-B/16 without its classifier
    image = torch.zeros(1, 3, 256, 256, device='meta')
    assert model.backbone(image)[-1].shape == (1, 768, 16, 16)

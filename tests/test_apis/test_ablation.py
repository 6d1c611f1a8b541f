import json
from pathlib import Path

import pytest
from config_factory import CONFIG_DIR

from mmpose_uda import UserError
from mmpose_uda.apis import ablation

HAND_3D, HAND_2D = (str(CONFIG_DIR / f'hand_{d}.py') for d in ('3d', '2d'))


@pytest.fixture
def calls(monkeypatch):
    """Commands that were started, as (tool, folder, environment); oracles fail."""
    started = []

    def fake(command, stdout, stderr, env):
        work_dir = Path(command[command.index('--work-dir') + 1])
        tool = Path(command[1]).name
        started.append((tool, work_dir.name, env))

        class Done:
            returncode = int('oracle' in work_dir.name)

        network = {'target/PCK': 1.0}
        if tool == 'test.py':
            Path(command[command.index('--out') + 1]).write_text(
                json.dumps(dict(target=network))
            )
        elif Done.returncode == 0:
            summary = dict(target=network, student=network)
            (work_dir / 'summary.json').write_text(json.dumps(summary))
            (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_1.pth'))
        return Done

    monkeypatch.setattr(ablation.subprocess, 'run', fake)
    return started


def names(calls):
    return [call[:2] for call in calls]


def test_finished_runs_are_skipped_and_failures_told(tmp_path, calls):
    ablation.run_variants(HAND_3D, [0, 1], ['full'], tmp_path)
    assert names(calls) == [('train.py', 'full_seed0'), ('train.py', 'full_seed1')]
    with pytest.raises(UserError, match='1 of 2.*oracle_seed0/console.log'):
        ablation.run_variants(HAND_3D, [0], ['full', 'oracle'], tmp_path)
    assert names(calls)[2:] == [('train.py', 'oracle_seed0')]
    assert set(ablation.collect(HAND_3D, tmp_path, [0, 1])) == {'full'}


def test_runs_of_another_config_are_not_taken_for_those_of_this(tmp_path, calls):
    ablation.run_variants(HAND_3D, [0], ['full'], tmp_path)
    ablation.run_variants(HAND_3D, [1], ['full'], tmp_path)
    with pytest.raises(UserError, match='runs of another config.*full.py differs'):
        ablation.run_variants(HAND_2D, [0, 2], ['full'], tmp_path)
    assert len(calls) == 2


def test_controls_with_batch_norm_are_evaluated_again(tmp_path, calls):
    ablation.run_variants(HAND_2D, [0], ['source_strong', 'full'], tmp_path)
    assert names(calls) == [
        ('train.py', 'source_strong_seed0'),
        ('test.py', 'source_strong_seed0'),
        ('test.py', 'source_strong_seed0'),
        ('train.py', 'full_seed0'),
    ]
    found = ablation.collect(HAND_2D, tmp_path, [0])
    assert set(found['source_strong']) == {
        'student',
        'target',
        'student_adabn',
        'target_adabn',
    }
    assert set(found['full']) == {'student', 'target'}
    # all there already
    ablation.run_variants(HAND_2D, [0], ['source_strong'], tmp_path)
    assert len(calls) == 4


def test_runs_share_the_machine(tmp_path, calls, monkeypatch):
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: 0)
    ablation.run_variants(HAND_3D, [0], ['full'], tmp_path / 'one')
    ablation.run_variants(HAND_3D, [0, 1], ['full'], tmp_path / 'two', jobs=2)
    assert calls[1][2]['OMP_NUM_THREADS'] == calls[2][2]['OMP_NUM_THREADS'] == '1'
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: 2)
    ablation.run_variants(HAND_3D, [0, 1, 2], ['full'], tmp_path / 'gpus', jobs=2)
    used = [call[2]['CUDA_VISIBLE_DEVICES'] for call in calls[3:]]
    assert len(used) == 3 and set(used) <= {'0', '1'}
    with pytest.raises(UserError, match='3 jobs.*2 GPUs'):
        ablation.run_variants(HAND_3D, [0], ['full'], tmp_path / 'many', jobs=3)

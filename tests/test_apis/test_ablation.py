import json
from pathlib import Path

import pytest
from config_factory import CONFIG_DIR

from mmpose_uda import UserError
from mmpose_uda.apis import ablation

RESULTS = {
    'source_weak': dict(student=[70.0, 74.0], target=[68.0, 72.0]),
    'source_strong': dict(student=[60.0, 64.0], target=[58.0, 62.0]),
    'full': dict(student=[50.0, 50.0], target=[48.0, 52.0]),
    'oracle': dict(student=[41.0, 41.0], target=[39.0, 41.0]),
}


def with_metric(name):
    return {
        variant: {network: {f'target/{name}': values} for network, values in rows.items()}
        for variant, rows in RESULTS.items()
    }


def test_gap_is_measured_from_the_best_control():
    # the best control is strong augmentation's EMA (60), the oracle 40, adapted 50
    assert ablation.gap_closed(with_metric('MPJPE'), 'target/MPJPE', True) == 0.5
    # where more is better the best control is weak augmentation's student (72)
    higher = ablation.gap_closed(with_metric('PCK'), 'target/PCK', False)
    assert higher == pytest.approx((72 - 50) / (72 - 40))


def test_table_has_mean_spread_and_gap():
    table = ablation.markdown_table(
        with_metric('MPJPE'), {'mean pose': {'MPJPE': 81.23}}, ['MPJPE']
    )
    rows = dict(line.strip('| ').split(' | ') for line in table.splitlines())
    assert rows['mean pose'] == '81.2'
    assert rows['source only, strong augmentation, EMA'] == '60.0 ± 2.8'
    assert rows['adapted'] == '50.0 ± 2.8'
    assert rows['gap between the best control and the oracle that is closed'] == '50 %'


def test_finished_runs_are_skipped_and_failures_told(tmp_path, monkeypatch):
    begun = []

    def fake(command, stdout, stderr, env):
        work_dir = Path(command[command.index('--work-dir') + 1])
        begun.append(work_dir.name)

        class Done:
            returncode = int('oracle' in work_dir.name)

        if Done.returncode == 0:
            network = {'target/MPJPE': 1.0}
            summary = dict(target=network, student=network)
            (work_dir / 'summary.json').write_text(json.dumps(summary))
        return Done

    monkeypatch.setattr(ablation.subprocess, 'run', fake)
    config = str(CONFIG_DIR / 'hand_3d.py')
    ablation.run_variants(config, [0, 1], ['full'], tmp_path)
    assert sorted(begun) == ['full_seed0', 'full_seed1']
    with pytest.raises(UserError, match='oracle_seed0/console.log'):
        ablation.run_variants(config, [0], ['full', 'oracle'], tmp_path)
    assert begun[2:] == ['oracle_seed0']
    assert set(ablation.collect(tmp_path, [0, 1])) == {'full'}

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from config_factory import CONFIG_DIR, tiny_config
from mmengine.config import Config

from mmpose_uda import UserError, apis
from mmpose_uda.analysis import ablation
from mmpose_uda.analysis.expected_time import Pace
from mmpose_uda.models.pose_estimators import DomainAdaptivePoseEstimator

HAND_3D, HAND_2D = (str(CONFIG_DIR / f'hand_{d}.py') for d in ('3d', '2d'))


@pytest.fixture
def calls(monkeypatch):
    """Calls that were started, as (function, folder, environment); oracles fail."""
    started = []

    def fake(command, stdout, stderr, env):
        *_, function, arguments = command
        arguments = json.loads(arguments)
        work_dir = Path(arguments['work_dir'])
        started.append((function, work_dir.name, env))

        class Done:
            returncode = int('oracle' in work_dir.name)

        network = {'target/PCK': 1.0}
        if function == 'evaluate':
            Path(arguments['out']).write_text(json.dumps(dict(target=network)))
        elif Done.returncode == 0:
            start = '/data/weights.pth' if 'weak' in work_dir.name else 'ImageNet'
            summary = dict(target=network, student=network, start=start)
            (work_dir / 'summary.json').write_text(json.dumps(summary))
            (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_1.pth'))
        return Done

    monkeypatch.setattr(ablation.subprocess, 'run', fake)
    return started


def names(calls):
    return [call[:2] for call in calls]


def test_finished_runs_are_skipped_and_failures_told(tmp_path, calls):
    ablation.run_variants(HAND_3D, [0, 1], ['full'], tmp_path)
    assert names(calls) == [('train', 'full_seed0'), ('train', 'full_seed1')]
    with pytest.raises(UserError, match='1 of 2.*oracle_seed0/console.log'):
        ablation.run_variants(HAND_3D, [0], ['full', 'oracle'], tmp_path)
    assert names(calls)[2:] == [('train', 'oracle_seed0')]
    assert set(ablation.collect(HAND_3D, tmp_path, [0, 1])) == {'full'}


def test_runs_of_another_config_are_not_taken_for_those_of_this(tmp_path, calls):
    ablation.run_variants(HAND_3D, [0], ['full'], tmp_path)
    ablation.run_variants(HAND_3D, [1], ['full'], tmp_path)
    with pytest.raises(UserError, match='runs of another config.*full.py differs'):
        ablation.run_variants(HAND_2D, [0, 2], ['full'], tmp_path)
    assert len(calls) == 2


@pytest.mark.parametrize('config', [HAND_2D, HAND_3D])
def test_controls_with_batch_norm_are_evaluated_again(config, tmp_path, calls):
    ablation.run_variants(config, [0], ['source_strong', 'full'], tmp_path)
    assert names(calls) == [
        ('train', 'source_strong_seed0'),
        ('evaluate', 'source_strong_seed0'),
        ('evaluate', 'source_strong_seed0'),
        ('train', 'full_seed0'),
    ]
    found = ablation.collect(config, tmp_path, [0])
    assert set(found['source_strong']) == {
        'student',
        'target',
        'student_adabn',
        'target_adabn',
    }
    assert set(found['full']) == {'student', 'target'}
    # all there already
    ablation.run_variants(config, [0], ['source_strong'], tmp_path)
    assert len(calls) == 4


def test_longer_variants_are_trained_and_found(tmp_path, calls):
    variants = ['full', 'full_x10', 'full_x3', 'source_weak_x3']
    ablation.run_variants(HAND_3D, [0, 1], variants, tmp_path)
    trained = [folder for function, folder in names(calls) if function == 'train']
    assert trained == [f'{variant}_seed{seed}' for seed in (0, 1) for variant in variants]
    # AdaBN of the control, of both networks and seeds
    assert len(calls) - len(trained) == 4
    found = ablation.collect(HAND_3D, tmp_path, [0, 1])
    assert list(found) == ['source_weak_x3', 'full', 'full_x3', 'full_x10']
    long = Config.fromfile(tmp_path / 'full_x3.py')
    short = Config.fromfile(tmp_path / 'full.py')
    assert long.train_cfg.phases[-1].iters == 3 * short.train_cfg.phases[-1].iters


def test_short_forms_are_trained(tmp_path, calls):
    ablation.run_variants(HAND_3D, [0], ['full', 'source_weak'], tmp_path, share=0.5)
    for name in ('full', 'source_weak'):
        phases = Config.fromfile(tmp_path / f'{name}.py').train_cfg.phases
        assert [phase.iters for phase in phases] == [50, 300, 600]
    for share in (1, 0.25):
        with pytest.raises(UserError, match='runs of another --share, 0.5'):
            ablation.run_variants(HAND_3D, [0], ['oracle'], tmp_path, share=share)
    # of a folder that does not say, all steps are meant
    (tmp_path / ablation.SHARE).unlink()
    with pytest.raises(UserError, match='runs of another --share, 1'):
        ablation.run_variants(HAND_3D, [0], ['full'], tmp_path, share=0.5)


@pytest.fixture
def told(monkeypatch):
    """Of trials: a pace, and no GPUs to try it on."""
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: 0)
    monkeypatch.setattr(ablation, 'prepare_data', lambda cfg: None)
    pace = Pace({'pretrain': 3.0, 'source': 1.0, 'adapt': 2.0}, around=40.0)
    monkeypatch.setattr(ablation, 'read_scalars', lambda folder: [{}])
    monkeypatch.setattr(Pace, 'of_trial', lambda *_: pace)
    return []


def test_the_time_is_told_of_what_is_left(tmp_path, calls, told):
    def run(seeds, variants, **options):
        told.clear()
        ablation.run_variants(
            HAND_3D, seeds, variants, tmp_path, tell=told.append, **options
        )
        return told

    # 100 + 600 + 1200 steps, of the start 100 + 600, and 1200 from there
    full, start, free = 340 + 600 + 2400, 340 + 600, 40 + 2400
    left, time_ = run([0, 1], ['full', 'source_free'])
    assert left.startswith('6 trainings are left.')
    hours = 2 * (full + start + free) / 3600
    assert time_ == f'7600 steps in all: roughly {hours:.1f} hours on this machine.'
    assert run([0, 1], ['full', 'source_free']) == []
    # as many at a time as there are
    _, time_ = run([2, 3], ['full'], jobs=4)
    assert f'roughly {full / 60:.0f} minutes' in time_
    (tmp_path / 'full_seed3/summary.json').unlink()
    assert run([2, 3], ['full']) == []  # one tells of itself
    assert not list(tmp_path.glob('trial*'))


def test_a_trial_that_fails_stops_nothing(tmp_path, calls, told, monkeypatch):
    call = ablation._call
    monkeypatch.setattr(
        ablation,
        '_call',
        lambda command, folder, place: (
            'no' if 'trial' in folder.name else call(command, folder, place)
        ),
    )
    ablation.run_variants(HAND_3D, [0, 1], ['full'], tmp_path, tell=told.append)
    (trial,) = tmp_path.glob('trial*')
    assert told[1] == f'Their duration could not be estimated: see the logs in {trial}.'
    assert [folder for _, folder in names(calls)] == ['full_seed0', 'full_seed1']


def test_no_jobs(tmp_path):
    with pytest.raises(UserError, match='--jobs -1 runs nothing'):
        ablation.run_variants(HAND_3D, [0], ['full'], tmp_path, jobs=-1)


def test_the_pace_is_that_of_real_steps(tmp_path, monkeypatch):
    """Each phase has its own, without the first steps, which this makes slow."""
    cfg = tiny_config(CONFIG_DIR / 'human_2d.py', tmp_path / 'data', tmp_path / 'work')
    cfg.dump(tmp_path / 'human.py')
    paces, of_trial, steps = [], Pace.of_trial, []
    train_step = DomainAdaptivePoseEstimator.train_step
    seconds = 3 * [1.0] + 3 * [0.0] + 6 * [0.3]  # of the phase source, then of adapt

    def slowly(self, *arguments, **options):
        steps.append(1)
        time.sleep(seconds[len(steps) - 1])
        return train_step(self, *arguments, **options)

    def call(command, folder, place):
        if 'trial' in folder.name:
            apis.train(**json.loads(command[-1]))

    monkeypatch.setattr(DomainAdaptivePoseEstimator, 'train_step', slowly)
    monkeypatch.setattr(ablation, '_call', call)
    monkeypatch.setattr(
        Pace, 'of_trial', lambda *seen: paces.append(of_trial(*seen)) or paces[-1]
    )
    told = []
    ablation.run_variants(
        str(tmp_path / 'human.py'), [0, 1], ['full'], tmp_path / 'out', tell=told.append
    )
    (pace,) = paces
    assert list(pace.phases) == ['source', 'adapt'] and len(steps) == len(seconds)
    assert pace.phases['source'] < pace.phases['adapt'] >= 0.3
    assert pace.around > 0 and 'minute' in told[1]
    assert not list((tmp_path / 'out').glob('trial*'))


def test_what_trainings_began_with_is_told(tmp_path, calls):
    ablation.run_variants(HAND_3D, [0, 1], ['full', 'source_weak'], tmp_path)
    summary = tmp_path / 'full_seed1/summary.json'
    summary.write_text(summary.read_text().replace('ImageNet', 'scratch'))
    found = ablation.collect_starts(tmp_path, ['full', 'source_weak'], [0, 1])
    assert found == {'full': 'ImageNet, scratch', 'source_weak': 'weights.pth'}


def test_runs_share_the_machine(tmp_path, calls, monkeypatch):
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: 0)
    ablation.run_variants(HAND_3D, [0], ['full'], tmp_path / 'one')
    ablation.run_variants(HAND_3D, [0, 1], ['full'], tmp_path / 'two', jobs=2)
    assert calls[1][2]['OMP_NUM_THREADS'] == calls[2][2]['OMP_NUM_THREADS'] == '1'
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: 2)
    ablation.run_variants(HAND_3D, [0, 1, 2], ['full'], tmp_path / 'gpus', jobs=2)
    used = [call[2]['CUDA_VISIBLE_DEVICES'] for call in calls[3:]]
    assert len(used) == 3 and set(used) <= {'0', '1'}
    with pytest.raises(UserError, match='3 jobs.*2 GPUs'):
        ablation.run_variants(HAND_3D, [0], ['full'], tmp_path / 'many', jobs=3)


@pytest.mark.parametrize(
    'visible, count, names',
    [('4, 5', 2, {'4', '5'}), ('GPU-8a3f,GPU-77b1,9', 2, {'GPU-8a3f', 'GPU-77b1'})],
)
def test_runs_are_given_the_gpus_of_the_parent(
    tmp_path, calls, monkeypatch, visible, count, names
):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', visible)
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: count)
    started = threading.Barrier(count, timeout=30)  # all at the same time
    start = ablation.subprocess.run

    def together(*arguments, **options):
        started.wait()
        return start(*arguments, **options)

    monkeypatch.setattr(ablation.subprocess, 'run', together)
    ablation.run_variants(HAND_3D, range(count), ['full'], tmp_path, jobs=count)
    assert {call[2]['CUDA_VISIBLE_DEVICES'] for call in calls} == names


def test_a_run_that_raises_gives_its_place_back(tmp_path, calls, monkeypatch):
    """Without, the next run would wait for it for ever."""
    start, failed = ablation.subprocess.run, []

    def fail_once(*arguments, **options):
        if not failed:
            failed.append(arguments)
            raise OSError('too many open files')
        return start(*arguments, **options)

    monkeypatch.setattr(ablation.subprocess, 'run', fail_once)
    errors = []

    def ablate():
        try:
            ablation.run_variants(HAND_3D, [0, 1], ['full'], tmp_path)
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=ablate, daemon=True)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert str(errors[0]) == 'too many open files'
    assert names(calls) == [('train', 'full_seed1')]


def test_a_begun_run_is_resumed(tmp_path, monkeypatch):
    commands = []

    def fake(command, **_):
        commands.append(json.loads(command[-1]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(ablation.subprocess, 'run', fake)
    ablation.run_variants(HAND_3D, [0], ['full'], tmp_path)
    (tmp_path / 'full_seed0/last_checkpoint').write_text('iter_1.pth')
    ablation.run_variants(HAND_3D, [0], ['full'], tmp_path)
    assert [command['resume'] for command in commands] == [None, 'auto']
    assert commands[0]['seed'] == 0


SRUN = f"""#!{sys.executable}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
with open(here / 'jobs.txt', 'a') as jobs:
    print(json.dumps(sys.argv[1:]), file=jobs)
call = json.loads(sys.argv[-1])
work_dir = pathlib.Path(call['work_dir'])
print('on node 7')
if 'oracle' in work_dir.name:
    sys.exit(1)
network = {{'target/PCK': 1.0}}
if call.get('out'):
    pathlib.Path(call['out']).write_text(json.dumps(dict(target=network)))
    sys.exit()
summary = dict(target=network, student=network)
(work_dir / 'summary.json').write_text(json.dumps(summary))
"""


def test_a_cluster_is_given_a_job_a_run(tmp_path, monkeypatch):
    """With an srun that only says that the training was done."""
    (tmp_path / 'srun').write_text(SRUN)
    (tmp_path / 'srun').chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.setenv('SRUN_ARGS', '--partition=short --comment "a b"')
    monkeypatch.setenv('CPUS_PER_TASK', '3')
    monkeypatch.setattr(ablation.torch.cuda, 'device_count', lambda: 0)
    out = tmp_path / 'out'
    with pytest.raises(UserError, match='1 of 3.*oracle_seed0/console.log'):
        ablation.run_variants(
            HAND_3D, [0], ['full', 'oracle', 'source_weak'], out, launcher='slurm'
        )
    given = [json.loads(line) for line in (tmp_path / 'jobs.txt').read_text().splitlines()]
    assert [job[-2] for job in given].count('evaluate') == 2  # AdaBN of the control
    trainings = [job for job in given if job[-2] == 'train']
    jobs = {json.loads(job[-1])['work_dir']: job for job in trainings}
    assert len(trainings) == len(jobs) == 3
    job = jobs[str(out / 'full_seed0')]
    assert {'--ntasks=1', '--gres=gpu:1', '--cpus-per-task=3'} < set(job)
    at = job.index(sys.executable)
    assert job[at - 4 : at] == [
        '--partition=short', '--comment', 'a b', '--job-name=full_seed0'
    ]  # fmt: skip
    assert job[at + 1 : -1] == ['-m', 'mmpose_uda.apis.call', 'train']
    assert (out / 'full_seed0/console.log').read_text() == 'on node 7\n'
    assert set(ablation.collect(HAND_3D, out, [0])) == {'full', 'source_weak'}


def test_a_machine_of_no_cluster(tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(UserError, match='--launcher slurm needs srun'):
        ablation.run_variants(HAND_3D, [0], ['full'], tmp_path / 'out', launcher='slurm')
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('content', ['', '{"target": {"target/PCK"', '[]', '{}'])
def test_a_run_whose_summary_is_half_written_is_not_done(tmp_path, content):
    (tmp_path / 'summary.json').write_text(content)
    assert not ablation._is_done(tmp_path)
    (tmp_path / 'summary.json').write_text('{"target": {}, "student": {}}')
    assert ablation._is_done(tmp_path)


def test_lengths_without_the_source_share_their_start(tmp_path, calls, monkeypatch):
    fake = ablation.subprocess.run

    def slow(command, **options):
        time.sleep(0.2)
        return fake(command, **options)

    monkeypatch.setattr(ablation.subprocess, 'run', slow)
    variants = ['source_free', 'source_free_x3']
    ablation.run_variants(HAND_2D, [0], variants, tmp_path, jobs=2)
    assert sorted(names(calls)) == [
        ('evaluate', 'source_start_seed0'),
        ('evaluate', 'source_start_seed0'),
        ('train', 'source_free_seed0'),
        ('train', 'source_free_x3_seed0'),
        ('train', 'source_start_seed0'),
    ]


def test_source_free_begins_with_the_start_of_its_seed(tmp_path, calls, monkeypatch):
    given = []
    fake = ablation.subprocess.run

    def noting(command, **options):
        given.append(json.loads(command[-1]).get('cfg_options'))
        return fake(command, **options)

    (tmp_path / 'source_start_seed1').mkdir()
    (tmp_path / 'source_start_seed1/iter_1.pth').touch()
    monkeypatch.setattr(ablation.subprocess, 'run', noting)
    ablation.run_variants(HAND_2D, [1], ['source_start', 'source_free'], tmp_path)
    assert names(calls) == [
        ('train', 'source_start_seed1'),
        ('evaluate', 'source_start_seed1'),
        ('evaluate', 'source_start_seed1'),
        ('train', 'source_free_seed1'),
    ]
    start = str(tmp_path / 'source_start_seed1/iter_1.pth')
    assert given == [None, None, None, dict(load_from=start)]
    assert set(ablation.collect(HAND_2D, tmp_path, [1])) == {'source_start', 'source_free'}

"""Runs that are ended from outside: at any moment, by SIGTERM and by SIGKILL."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import toy_parts
from tool_process import LIMIT, ROOT, environment

from mmpose_uda.apis import train
from mmpose_uda.safe_checkpoint import load_from_local

ENV = environment(ROOT / 'tests')  # where the toy is
ITERS = 40
SLOW = f"""
_base_ = 'toy.py'
custom_imports = dict(imports=['toy_parts', 'mmpose_uda'], allow_failed_imports=False)
train_dataloader = dict(
    num_workers=1, batch_size=2, dataset=dict(type='LargeToyDataset', seed=0)
)
train_cfg = dict(max_iters={ITERS})
custom_hooks = [dict(type='WaitHook'), dict(type='mmpose.EMATeacherHook', momentum=0.1)]
default_hooks = dict(checkpoint=dict(interval=3, max_keep_ckpts=1))
"""
EPOCHS = f"""
_base_ = 'slow.py'
train_cfg = dict(_delete_=True, by_epoch=True, max_epochs={ITERS // 4})
train_dataloader = dict(sampler=dict(type='DefaultSampler'))
default_hooks = dict(checkpoint=dict(by_epoch=True, interval=1))
log_processor = dict(by_epoch=True)
"""
HALF = """
_base_ = 'slow.py'
train_dataloader = dict(batch_size=1)
"""


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('preemption')
    (folder / 'toy.py').write_text(toy_parts.CONFIG)
    (folder / 'slow.py').write_text(SLOW)
    (folder / 'half.py').write_text(HALF)
    (folder / 'epochs.py').write_text(EPOCHS)
    return folder


@pytest.fixture(scope='module')
def weights(folder):
    """Of a run that nobody interrupts; two processes of half a batch are the same run."""
    train(str(folder / 'slow.py'), work_dir=str(folder / 'whole'))
    return _last_weights(folder / 'whole')


class Run:
    """A training in processes of its own, in a group of its own."""

    def __init__(self, folder, work_dir, processes=1, resume=False, config='slow.py'):
        if processes == 1:
            script = str(ROOT / 'tools/train.py')
            command = [sys.executable, script, str(folder / config)]
        else:
            script = str(ROOT / 'tools/dist_train.sh')
            command = ['bash', script, str(folder / 'half.py'), str(processes)]
        command += ['--work-dir', str(work_dir), *(['--resume'] if resume else [])]
        port = str(random.SystemRandom().randrange(20000, 60000))
        self.process = subprocess.Popen(
            command,
            env=dict(ENV, PORT=port, MASTER_PORT=port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.seen = []

    def wait_for(self, text, times=1):
        for line in self.process.stdout:
            self.seen.append(line)
            times -= text in line
            if not times:
                return
        pytest.fail(''.join(self.seen[-30:]))

    def trainings(self):
        """The processes that train: not the launcher, not the data workers."""
        return [
            pid
            for pid in _descendants(self.process.pid)
            if 'tools/train.py' in _command_of(pid) and _is_trainer(pid)
        ]

    def everything(self):
        return [self.process.pid, *_descendants(self.process.pid)]

    def end(self):
        self.seen += self.process.communicate(timeout=LIMIT)[0].splitlines(keepends=True)
        return self.process.returncode


def _children(pid):
    try:
        return Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    except FileNotFoundError:
        return []


def _descendants(pid):
    found = []
    for child in map(int, _children(pid)):
        found += [child, *_descendants(child)]
    return found


def _command_of(pid):
    try:
        return Path(f'/proc/{pid}/cmdline').read_bytes().decode().replace('\0', ' ')
    except (FileNotFoundError, ProcessLookupError):
        return ''


def _is_trainer(pid):
    """Not a fork of one, such as a data worker, whose parent has the same command."""
    parent = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[1]
    return _command_of(parent) != _command_of(pid)


def _are_gone(pids, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = [pid for pid in pids if 'train.py' in _command_of(pid)]
        if not left:
            return True
        time.sleep(0.1)
    return False


def _last_weights(work_dir):
    """Those of the student and of its average."""
    last = load_from_local(str(work_dir / f'iter_{ITERS}.pth'))
    return {
        f'{part}.{name}': value
        for part in ('state_dict', 'ema_state_dict')
        for name, value in last[part].items()
    }


def _assert_same(work_dir, weights, exact=True):
    found = _last_weights(work_dir)
    assert found.keys() == weights.keys()
    for name, value in weights.items():
        if exact:
            assert torch.equal(found[name], value), name
        else:
            torch.testing.assert_close(found[name], value)


@pytest.mark.parametrize(
    'to_group',
    [
        pytest.param(False, marks=pytest.mark.long, id='process'),
        pytest.param(True, id='group'),
    ],
)
def test_sigterm_saves_and_ends_with_75(folder, weights, tmp_path, to_group):
    run = Run(folder, tmp_path)
    run.wait_for('Iter(train)', times=4)
    there = run.everything()
    # a cluster may send it to the data workers too
    (os.killpg if to_group else os.kill)(run.process.pid, signal.SIGTERM)
    assert run.end() == 75, ''.join(run.seen[-30:])
    said = run.seen[-1]
    assert said.startswith('stopped by SIGTERM, saved at iteration ') and '--resume' in said
    assert 'Traceback' not in ''.join(run.seen)
    step = int(said.split('iteration ')[1].split(':')[0])
    assert (tmp_path / 'last_checkpoint').read_text().endswith(f'iter_{step}.pth')
    assert [path.name for path in tmp_path.glob('*.pth')] == [f'iter_{step}.pth']
    assert _are_gone(there)
    assert Run(folder, tmp_path, resume=True).end() == 0
    _assert_same(tmp_path, weights)


@pytest.mark.parametrize('epochs', [0, 2])
def test_sigterm_within_an_epoch_tells_what_there_is(folder, tmp_path, epochs):
    run = Run(folder, tmp_path, config='epochs.py')
    run.wait_for('Epoch(train)', times=4 * epochs + 2)
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.end() == 75, ''.join(run.seen[-30:])
    said = run.seen[-1]
    last = f'{tmp_path}/epoch_{epochs}.pth'
    if epochs:
        assert f'the last checkpoint is {last}: run' in said and 'to go on' in said
        assert (tmp_path / 'last_checkpoint').read_text() == last
    else:
        assert 'before there was a checkpoint: run' in said
        assert '--resume to start again' in said
        assert not list(tmp_path.glob('*.pth'))
    resumed = Run(folder, tmp_path, resume=True, config='epochs.py')
    assert resumed.end() == 0, ''.join(resumed.seen[-30:])
    lines = [line for line in resumed.seen if 'Epoch(train)' in line]
    assert len(lines) == ITERS - 4 * epochs


def test_sigterm_to_one_of_two_processes(folder, weights, tmp_path):
    run = Run(folder, tmp_path, processes=2)
    run.wait_for('Iter(train)', times=4)
    there = run.everything()
    os.kill(run.trainings()[-1], signal.SIGTERM)
    assert run.end() != 0
    assert 'stopped by SIGTERM, saved at iteration ' in ''.join(run.seen)
    assert _are_gone(there)
    resumed = Run(folder, tmp_path, processes=2, resume=True)
    assert resumed.end() == 0, ''.join(resumed.seen[-30:])
    _assert_same(tmp_path, weights, exact=False)


def _kill_and_resume(folder, weights, work_dir, seed, processes):
    draw = random.Random(seed)
    run = Run(folder, work_dir, processes)
    run.wait_for('Iter(train)', times=draw.randint(1, ITERS // 2))
    time.sleep(draw.uniform(0, 0.2))
    there = run.everything()
    victims = run.trainings() or [run.process.pid]
    os.kill(draw.choice(victims), signal.SIGKILL)
    run.end()
    assert _are_gone(there)
    resumed = Run(folder, work_dir, processes, resume=True)
    resumed.wait_for('Iter(train)')
    there = resumed.everything()
    assert resumed.end() == 0, ''.join(resumed.seen[-30:])
    assert _are_gone(there)
    _assert_same(work_dir, weights, exact=processes == 1)


@pytest.mark.parametrize('seed, processes', [(0, 1), (1, 2)])
def test_a_killed_run_ends_as_another(folder, weights, tmp_path, seed, processes):
    _kill_and_resume(folder, weights, tmp_path, seed, processes)


@pytest.mark.long
@pytest.mark.parametrize('processes', [1, 2])
@pytest.mark.parametrize('seed', range(100, 120))
def test_many_killed_runs_end_as_another(folder, weights, tmp_path, seed, processes):
    _kill_and_resume(folder, weights, tmp_path, seed, processes)

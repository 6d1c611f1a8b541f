"""Data workers end when the training does, however that ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tool_process import ROOT, environment

# Workers that have more to say than a pipe holds, and a reader that is in no hurry.
CONFIG = """
_base_ = 'toy.py'
train_dataloader = dict(
    num_workers=2, prefetch_factor=8, dataset=dict(type='LargeToyDataset', seed=0)
)
train_cfg = dict(max_iters=10**7)
custom_hooks = [dict(type='WaitHook')]
"""


@pytest.fixture
def training(tmp_path):
    """A training in a process of its own, once it trains."""
    import toy_parts

    (tmp_path / 'toy.py').write_text(toy_parts.CONFIG)
    (tmp_path / 'many.py').write_text(CONFIG)
    command = [sys.executable, str(ROOT / 'tools/train.py'), str(tmp_path / 'many.py')]
    process = subprocess.Popen(
        [*command, '--work-dir', str(tmp_path / 'run')],
        env=environment(ROOT / 'tests'),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seen = []
    for line in process.stdout:
        seen.append(line)
        if 'Iter(train)' in line:
            break
    else:
        pytest.fail(''.join(seen[-30:]))
    yield process
    process.kill()
    process.stdout.close()


def children(pid):
    return list(map(int, Path(f'/proc/{pid}/task/{pid}/children').read_text().split()))


def is_running(pid):
    try:
        return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path('/proc/self/task').exists(), reason='needs /proc')
@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_killed_training(training, how):
    workers = children(training.pid)
    assert len(workers) >= 2
    time.sleep(1)  # until the pipe is full
    training.send_signal(how)
    training.wait(timeout=30)
    deadline = time.monotonic() + 30
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.2)
    left = list(filter(is_running, workers))
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left

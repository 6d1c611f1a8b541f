"""A training that is asked to end by the process that started it."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from mmpose_uda.adaptation.stoppable import run_stoppable
from mmpose_uda.errors import Preempted

SAVES = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print('saved', flush=True), sys.exit(75)))
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(60)
"""
ENDS = 'import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)'
# SIGTERM comes too late to matter
LATE = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit({status}))
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(60)
"""


@pytest.mark.parametrize('status', [0, 2])
def test_status(status):
    program = f'print("said"); raise SystemExit({status})'
    said = []
    assert run_stoppable([sys.executable, '-c', program], said.extend) == status
    assert said == ['said\n']


@pytest.mark.parametrize(
    'program, how',
    [
        (SAVES, 'the training saved'),
        (ENDS, 'before the training had made a step'),
        (LATE.format(status=0), 'after the training'),
    ],
)
def test_sigterm_is_passed_on(program, how):
    before = signal.getsignal(signal.SIGTERM)
    said = []
    with pytest.raises(Preempted) as caught:
        run_stoppable([sys.executable, '-c', program], said.extend)
    assert caught.value.code == 75 and caught.value.how == how
    assert said == (['saved\n'] if program is SAVES else [])
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_training_that_fails_is_no_stop():
    assert run_stoppable([sys.executable, '-c', LATE.format(status=2)], list) == 2


def test_in_another_thread():
    statuses = []
    command = [sys.executable, '-c', '']
    thread = threading.Thread(target=lambda: statuses.append(run_stoppable(command, list)))
    thread.start()
    thread.join()
    assert statuses == [0]


def test_what_a_tool_says():
    program = (
        'from mmpose_uda.apis.command_line import exit_codes\n'
        'from mmpose_uda.errors import Preempted\n'
        'with exit_codes(): raise Preempted("the training saved")'
    )
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 75
    said = 'stopped by SIGTERM, the training saved: run the same command to go on.\n'
    assert done.stderr.endswith(said)

"""The tools as a user calls them: exit status and what is printed."""

import gc
import random
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
import toy_parts
from mmpose.registry import HOOKS
from stock_factory import TINY_BASE, write_coco
from tool_process import LIMIT, ROOT, environment

from mmpose_uda.apis import convert_config, train
from mmpose_uda.apis.command_line import exit_codes, parse_options
from mmpose_uda.config import load_config, prepare_step
from mmpose_uda.errors import UserError
from mmpose_uda.safe_checkpoint import load_from_local

ENV = environment(ROOT / 'tests')  # where the toy is


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'toy.py'
    path.write_text(toy_parts.CONFIG)
    return str(path)


def _run(*command, **options):
    return subprocess.run(
        command, env=ENV, capture_output=True, text=True, timeout=LIMIT, **options
    )


def _tool(name, *arguments):
    return _run(sys.executable, str(ROOT / 'tools' / name), *arguments)


def test_what_is_imported_is_no_garbage(monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, 'freeze', lambda: frozen.append(True))
    with exit_codes():
        assert frozen


@pytest.mark.parametrize(
    'tool, argument', [('train.py', '--resume [CKPT]'), ('test.py', 'teacher,student')]
)
def test_help(tool, argument):
    done = _tool(tool, '--help')
    assert done.returncode == 0
    assert argument in done.stdout


def test_a_mistake_is_one_sentence_and_status_2(config, tmp_path):
    done = _tool(
        'train.py',
        config,
        '--work-dir',
        str(tmp_path / 'run'),
        '--cfg-options',
        'train_dataloader.dataset.fail=True',
        'train_dataloader.num_workers=1',
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[-1] == 'error: The file 3.png is no image: replace it.'
    assert 'Traceback' not in done.stderr + done.stdout
    # the traceback is kept where it can be looked up
    (log,) = (tmp_path / 'run').glob('*/*.log')
    assert 'Traceback' in log.read_text() and '__getitem__' in log.read_text()


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), exit_codes():
        1 / 0  # noqa: B018


def test_options_that_are_none():
    assert parse_options(['a.b=1e-3', 'c=[1,(2,3)]', 'd=x=y']) == {
        'a.b': 1e-3,
        'c': [1, (2, 3)],
        'd': 'x=y',
    }
    assert parse_options([]) == {}
    with pytest.raises(UserError, match='--cfg-options lr is not KEY=VALUE'):
        parse_options(['a=1', 'lr'])


CONFIGS = ['configs/uda/hand_3d.py', 'configs/stock/res50_heatmap.py', 'converted.py']


@pytest.mark.parametrize('path', CONFIGS)
def test_how_many_steps_may_be_skipped_is_an_option_of_every_config(path, tmp_path):
    path = ROOT / path
    if path.name == 'converted.py':
        (tmp_path / 'base.py').write_text(TINY_BASE)
        write_coco(tmp_path / 'people')
        photos, path = tmp_path / 'people/images/train', tmp_path / path.name
        base = str(tmp_path / 'base.py')
        convert_config(base, str(photos), str(tmp_path / 'people'), str(path))
    options = parse_options(['default_hooks.runtime_info.max_skipped=3'])
    for cfg in (load_config(str(path), options), load_config(str(path))):
        prepare_step(cfg)
        hook = HOOKS.build(cfg.default_hooks.runtime_info)
        assert hook.skipped.most == (3 if options else 20)
        options = None


def test_an_interrupt_says_how_to_go_on(config, tmp_path):
    Path(config).write_text(toy_parts.CONFIG.replace('max_iters=4', 'max_iters=10**7'))
    process = subprocess.Popen(
        [sys.executable, str(ROOT / 'tools/train.py'), config]
        + ['--work-dir', str(tmp_path / 'run')],
        env=ENV,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that a script runs in the background inherits a SIGINT that is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for line in process.stdout:
        if 'Saving checkpoint' in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert 'with --resume' in errors.splitlines()[-1]
    assert 'Traceback' not in errors


SRUN = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
SLURM_PROCID=1 SLURM_LOCALID=1 "$@" & other=$!
SLURM_PROCID=0 SLURM_LOCALID=0 "$@" && wait $other
"""


def _torchrun(folder, config, *arguments):
    return _run('bash', str(ROOT / 'tools/dist_train.sh'), config, '2', *arguments)


def _torchrun_of_a_module(folder, config, *arguments):
    """As where the package is installed without its scripts."""
    command = ['torch.distributed.run', '--standalone', '--nproc_per_node', '2']
    command += ['-m', 'mmpose_uda', 'train', config, '--launcher', 'pytorch']
    return _run(sys.executable, '-m', *command, *arguments)


def _two_nodes(folder, config, *arguments):
    """One process on each of two machines, which are both this one."""
    script = str(ROOT / 'tools/dist_train.sh')
    node = dict(ENV, NNODES='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=_free_port())
    # into files: a pipe that nobody reads yet stops who fills it, and the other waits
    logs = [folder / f'node{rank}.log' for rank in range(2)]
    with ExitStack() as files:
        nodes = [
            subprocess.Popen(
                ['bash', script, config, '1', *arguments],
                env=dict(node, NODE_RANK=str(rank)),
                stderr=files.enter_context(open(log, 'w')),
                stdout=subprocess.DEVNULL,
            )
            for rank, log in enumerate(logs)
        ]
        try:
            codes = [node.wait(timeout=LIMIT) for node in nodes]
        finally:
            for node in nodes:
                node.kill()
    errors = ''.join(log.read_text() for log in logs)
    return subprocess.CompletedProcess(script, max(codes), stderr=errors)


def _slurm(folder, config, *arguments):
    """With an srun that starts two tasks here, and a scontrol that knows this machine."""
    for name, text in dict(srun=SRUN, scontrol='#!/bin/sh\necho 127.0.0.1\n').items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return subprocess.run(
        ['bash', str(ROOT / 'tools/slurm_train.sh'), 'part', 'job', config, *arguments],
        env=dict(
            ENV,
            PATH=f'{folder}:{ENV["PATH"]}',
            GPUS='2',
            SLURM_NTASKS='2',
            SLURM_NODELIST='here',
            MASTER_PORT=_free_port(),
        ),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )


def _free_port():
    """Below those that the system gives to others who connect at the same time."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as bound:
            try:
                bound.bind(('127.0.0.1', port))
            except OSError:
                continue
            return str(port)


@pytest.fixture(scope='module')
def weights_of_one(tmp_path_factory):
    """What one process ends with."""
    folder = tmp_path_factory.mktemp('one')
    (folder / 'toy.py').write_text(toy_parts.CONFIG)
    return train(str(folder / 'toy.py'), work_dir=str(folder)).model.state_dict()


@pytest.mark.skipif(torch.cuda.is_available(), reason='it would ask for two GPUs')
@pytest.mark.parametrize('launch', [_torchrun, _torchrun_of_a_module, _two_nodes, _slurm])
def test_two_processes_train_as_one(config, tmp_path, weights_of_one, launch):
    """Each of two processes sees half of the data, so their mean is a batch of all."""
    text = toy_parts.CONFIG.replace('batch_size=2', 'batch_size=1')
    Path(config).write_text(text)
    done = launch(tmp_path, config, '--work-dir', str(tmp_path / 'two'))
    assert done.returncode == 0, done.stderr[-2000:]
    two = load_from_local(str(tmp_path / 'two/iter_4.pth'))['state_dict']
    for name, weights in weights_of_one.items():
        torch.testing.assert_close(two[name], weights)


@pytest.mark.parametrize('script', ['dist_train.sh', 'slurm_train.sh'])
def test_scripts_say_how_they_are_used(script):
    done = _run('bash', str(ROOT / 'tools' / script))
    assert done.returncode == 2
    assert done.stderr.startswith('usage: bash')

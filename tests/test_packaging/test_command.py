"""``mmpose_uda NAME ...`` runs the script of that name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mmpose_uda_command
from mmpose_uda_command import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / 'mmpose_uda_command.py'


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs the command in this process: exit status, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['mmpose_uda', *arguments])
        try:
            mmpose_uda_command.main()
            status = 0
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return run


def test_every_tool_is_a_command():
    tools = {p.relative_to(ROOT / 'tools').as_posix() for p in ROOT.glob('tools/**/*.py')}
    assert sorted(COMMANDS.values()) == sorted(tools)


def test_the_list_of_commands_imports_nothing_but_python():
    """-S leaves out all that is installed."""
    done = subprocess.run(
        [sys.executable, '-S', str(SCRIPT), '--help'], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f'\n  {name} ' in done.stdout


@pytest.mark.parametrize('name', COMMANDS)
def test_help_speaks_of_commands(command, name):
    status, out, _ = command(name, '--help')
    assert status == 0
    assert out.startswith(f'usage: mmpose_uda {name} ')
    assert not re.search(r'tools/[\w/]+\.py', out)


def test_no_arguments_are_a_question(command):
    assert command() == command('--help')


def test_the_version(command):
    from mmpose_uda import __version__

    assert command('--version') == (0, f'{__version__}\n', '')


@pytest.mark.parametrize(
    'name, remedy', [('trian', 'write train'), ('xyz', 'mmpose_uda --help lists them')]
)
def test_a_misspelt_command_is_one_sentence(command, name, remedy):
    said = f'error: mmpose_uda has no command {name}: {remedy}.\n'
    assert command(name) == (2, '', said)


def test_arguments_and_exit_status_are_those_of_the_tool(command):
    status, _, err = command('train', 'none.py')
    assert (status, err) == (2, 'error: There is no config file none.py: check the path.\n')
    status, _, err = command('make-data')
    assert status == 2 and 'mmpose_uda make-data: error: the following' in err

"""What is shown of a training, and what is kept of it."""

import pytest

from mmpose_uda.adaptation.training_console import show_training

STAMP = '11/30 18:39:12 - mmengine - '
BEFORE = [
    'System environment:\n',
    f'{STAMP}WARNING - "FileClient" will be deprecated in future.\n',
    f'{STAMP}WARNING - the teacher has nothing left to teach\n',
]


def step(number):
    return f'{STAMP}INFO - [adapt 1/1] Iter(train) [{number:>3}/150]  lr: 2.4e-05\n'


@pytest.mark.parametrize('first', [2, 77])
def test_steps_and_warnings_are_shown_and_all_is_kept(first, tmp_path, capsys):
    saved = f'{STAMP}INFO - Saving checkpoint at 150 iterations\n'
    lines = [*BEFORE, step(first), step(147), saved, 'Training is done.\n']
    log = tmp_path / 'training.log'
    log.write_text('before\n')
    show_training(iter(lines), log, 'training 1 of 4')
    assert log.read_text() == ''.join(['before\n', *lines])
    out, err = capsys.readouterr()
    assert not out
    assert 'warning: the teacher has nothing left to teach\n' in err
    assert err.split('\r')[-1].startswith('training 1 of 4: 100%') and '150/150' in err
    assert 'FileClient' not in err and 'System' not in err


def test_a_training_that_says_nothing(tmp_path, capsys):
    show_training(iter(()), tmp_path / 'training.log', 'training')
    assert (tmp_path / 'training.log').read_text() == ''

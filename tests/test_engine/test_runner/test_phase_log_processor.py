import re
from pathlib import Path

import pytest


@pytest.fixture(scope='module')
def lines(finished):
    """(phase, number, number of phases, text) of each training line."""
    (log,) = Path(finished.work_dir).glob('*/*.log')
    pattern = re.compile(r'\[(\w+) (\d)/(\d)\] (Iter\(train\).*)')
    found = [pattern.search(line) for line in log.read_text().splitlines()]
    return [match.groups() for match in found if match]


def test_lines_name_the_phase(finished, lines):
    phases = finished.runner.train_loop.phases
    expected = [
        (phase.name, str(i + 1), str(len(phases)))
        for i, phase in enumerate(phases)
        for _ in range(phase.begin, phase.end)
    ]
    assert [line[:3] for line in lines] == expected


def test_lines_tell_iteration_and_time_left(finished, lines):
    total = finished.runner.max_iters
    for number, (*_, text) in enumerate(lines, start=1):
        assert re.search(rf'\[ *{number}/{total}\]', text)
        assert 'eta: ' in text and ' loss: ' in text


def test_lines_have_the_losses_of_their_phase_alone(finished, lines):
    parts = {phase.name: phase.parts for phase in finished.runner.train_loop.phases}
    for phase, *_, text in lines:
        logged = {key.split('/')[0] for key in re.findall(r'(\w+/\w+): ', text)}
        assert logged <= set(parts[phase]), phase

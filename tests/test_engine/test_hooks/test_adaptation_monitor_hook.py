import logging
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.logging import HistoryBuffer

from mmpose_uda.engine.hooks import AdaptationMonitorHook

STEPS = 30
HEALTHY = dict(
    pseudo_label_share=0.9,
    pseudo_label_confidence=0.7,
    student_confidence=0.6,
    keypoint_spread=0.12,
)


def told(caplog, steps=STEPS, looks=1, **changed):
    """Warnings of a hook after steps of constant scalars."""
    values = {**HEALTHY, **changed}
    scalars = {
        f'train/mean_teacher/{key}': HistoryBuffer(np.full(steps, value), np.ones(steps))
        for key, value in values.items()
    }
    hub = SimpleNamespace(log_scalars=scalars)
    hook = AdaptationMonitorHook(window=10)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        for iteration in range(looks):
            runner = SimpleNamespace(iter=10 * (iteration + 1) - 1, message_hub=hub)
            hook.after_train_iter(runner, 0)
    return caplog.messages


@pytest.fixture(autouse=True)
def through_logging(monkeypatch):
    """Where caplog hears it."""
    monkeypatch.setattr(
        'mmpose_uda.engine.hooks.adaptation_monitor_hook.print_log',
        lambda text, logger, level: logging.getLogger().log(level, text),
    )


def test_a_healthy_run_is_not_disturbed(caplog):
    assert told(caplog, looks=3) == []
    assert told(caplog, student_confidence=0.76) == []


@pytest.mark.parametrize(
    'changed, words',
    [
        (dict(pseudo_label_share=0.005), ['0.5 %', 'selection']),
        (dict(keypoint_spread=0.01), ['0.010', 'learning rate']),
        (dict(student_confidence=0.8), ['30 steps', '0.80', '0.70', '`momentum`']),
    ],
)
def test_a_degenerate_run_is_told_once(caplog, changed, words):
    (sentence,) = told(caplog, looks=4, **changed)
    assert all(word in sentence for word in words)


def test_the_beginning_is_not_judged(caplog):
    assert told(caplog, steps=9, pseudo_label_share=0.0, keypoint_spread=0.0) == []
    assert told(caplog, steps=29, student_confidence=0.9) == []

from xml.etree import ElementTree

import numpy as np
import pytest

from mmpose_uda.visualization.report_charts import joint_bars, pck_curves

JOINTS = ['wrist', 'tip <4> & "more"', 'elbow']


def texts(svg):
    return [element.text for element in svg.iter('text')]


@pytest.mark.parametrize('unit', [0.001, 1.0, 30.0])
def test_lengths_of_bars_are_the_errors(unit):
    errors = unit * np.array([[1.0, 2.5, np.nan], [0.5, 4.0, np.nan]])
    svg = ElementTree.fromstring(joint_bars('bars', 'mm', JOINTS, errors, 4))
    assert svg.get('role') == 'img' and svg.get('aria-label') == 'bars'
    bars = list(svg.iter('rect'))
    assert [bar.get('class') for bar in bars] == ['a', 'b', 'a', 'b']
    widths = np.array([float(bar.get('width')) for bar in bars])
    np.testing.assert_allclose(widths / widths.max(), [1 / 4, 1 / 8, 5 / 8, 1], atol=1e-3)
    shown = texts(svg)
    assert [t for t in shown if t in JOINTS] == JOINTS
    for error in errors[np.isfinite(errors)]:
        assert f'{error:.4f}' in shown
    assert shown[-1] != 'nan' and 'mm' in shown


def test_bars_of_a_joint_are_under_each_other_and_beside_its_name():
    svg = ElementTree.fromstring(joint_bars('bars', 'mm', JOINTS, np.ones((2, 3)), 1))
    tops = [float(bar.get('y')) for bar in svg.iter('rect')]
    assert tops == sorted(set(tops))
    names = [e for e in svg.iter('text') if e.text in JOINTS]
    for name, above, below in zip(names, tops[::2], tops[1::2]):
        assert above < float(name.get('y')) < below + (below - above) + 4


def test_ticks_stand_at_their_numbers():
    errors = np.array([[0.0, 0.2], [0.1, 0.05]])
    svg = ElementTree.fromstring(joint_bars('bars', 'share', ['a', 'b'], errors, 3))
    longest = max(svg.iter('rect'), key=lambda bar: float(bar.get('width')))
    left, width = float(longest.get('x')), float(longest.get('width'))
    lines = [float(e.get('x1')) for e in svg.iter('line')]
    axis = [e for e in svg.iter('text') if e.get('class') is None and '0.' in e.text]
    assert [e.text for e in axis] == ['0.00', '0.05', '0.10', '0.15', '0.20']
    for tick, line in zip(axis, lines):
        assert float(tick.get('x')) == line
        assert line == pytest.approx(left + width * float(tick.text) / 0.2, abs=0.11)


def test_without_errors_there_is_a_chart():
    svg = ElementTree.fromstring(joint_bars('bars', 'mm', ['a'], np.zeros((2, 1)), 1))
    assert [float(bar.get('width')) for bar in svg.iter('rect')] == [0, 0]


def test_curves_go_through_their_points():
    thresholds = np.linspace(0, 150, 7)
    pck = np.array([np.linspace(0, 1, 7), np.linspace(0.2, 0.5, 7)])
    svg = ElementTree.fromstring(pck_curves('curves', 'mm', thresholds, pck))
    curves = {line.get('class'): line.get('points') for line in svg.iter('polyline')}
    grid = [e for e in svg.iter('line')]
    top = min(float(e.get('y1')) for e in grid)
    bottom = max(float(e.get('y1')) for e in grid)
    left = min(float(e.get('x1')) for e in grid)
    right = max(float(e.get('x2')) for e in grid)
    for model, shares in zip('ab', pck):
        points = np.array([p.split(',') for p in curves[model].split()], float)
        x = left + (right - left) * thresholds / 150
        y = bottom - (bottom - top) * shares
        np.testing.assert_allclose(points, np.stack([x, y], 1), atol=0.11)
    assert {'0', '50', '100', '150', '0.0', '1.0', 'mm'} <= set(texts(svg))

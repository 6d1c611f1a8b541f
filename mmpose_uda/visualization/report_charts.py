"""Charts as SVG elements, coloured by the style sheet of their page."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

_WIDTH = 480
_TICK = 6  # distance from an axis to its labels, px
_LETTER = 8  # upper bound of a letter's mean width, px
_BAR = 11
_JOINT = 2 * _BAR + 8  # two bars and the space to the next joint


class _Frame:
    """A plot area with axes in an SVG.

    Args:
        name (str): Description of the chart for screen readers.
        height (int): Height of the SVG, px; its width is fixed.
        left (int): Left edge of the plot area, px.
        right (int): Free space to the right of it, px.
        x_end (float): Largest value on the x axis, which starts at 0.
    """

    def __init__(self, name: str, height: int, left: int, right: int, x_end: float):
        self.svg = ElementTree.Element('svg', viewBox=f'0 0 {_WIDTH} {height}', role='img')
        self.svg.set('aria-label', name)
        self.left, self.right = left, _WIDTH - right
        self.top, self.bottom = 12, height - 44
        self.x_end = x_end

    def x(self, value: float) -> float:
        """Position of a value on the x axis, px."""
        return round(self.left + value / self.x_end * (self.right - self.left), 1)

    def add(self, tag: str, text: str | None = None, **attributes) -> None:
        """Draw an element; ``text`` is its content, or its tooltip."""
        names = {'class_': 'class', 'anchor': 'text-anchor'}
        attributes = {names.get(key, key): str(v) for key, v in attributes.items()}
        element = ElementTree.SubElement(self.svg, tag, attributes)
        if text is not None:
            holder = element
            if tag != 'text':
                holder = ElementTree.SubElement(element, 'title')
            holder.text = text

    def draw_x_axis(self, title: str) -> None:
        """Draw grid lines, numbers and the title of the x axis."""
        for text, tick in _ticks(self.x_end).items():
            x = self.x(tick)
            self.add('line', x1=x, x2=x, y1=self.top, y2=self.bottom, class_='grid')
            self.add('text', text, x=x, y=self.bottom + 16, anchor='middle')
        middle = (self.left + self.right) / 2
        self.add('text', title, x=middle, y=self.bottom + 36, anchor='middle')

    def markup(self) -> Markup:
        """The SVG for a page; text in it is escaped."""
        return Markup(ElementTree.tostring(self.svg, 'unicode', method='html'))


def _ticks(end: float) -> dict[str, float]:
    """Round numbers from 0 to about ``end``: text -> number."""
    ticks = MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(0, end)
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0])))
    return {f'{t:.{decimals}f}': t for t in ticks if 0 <= t <= end * (1 + 1e-6)}


def joint_bars(
    name: str, axis: str, joints: Sequence[str], errors: np.ndarray, decimals: int
) -> Markup:
    """Draw two bars per joint, labelled with their lengths.

    Args:
        name (str): Description of the chart for screen readers.
        axis (str): Title of the x axis.
        joints (Sequence[str]): Names of K joints.
        errors (np.ndarray): Lengths of the bars [2, K]; NaN for a joint without one.
        decimals (int): Decimals of the numbers.
    """
    label = _LETTER * max(map(len, joints)) + _TICK
    height = _JOINT * len(joints) + 60
    longest = float(np.nanmax(errors)) or 1.0
    frame = _Frame(name, height, min(label, _WIDTH // 3), 44, longest)
    frame.draw_x_axis(axis)
    for row, joint in enumerate(joints):
        y = frame.top + _JOINT * row + 4
        frame.add('text', joint, x=frame.left - _TICK, y=y + _BAR + 3, anchor='end')
        for model, error in zip('ab', errors[:, row]):
            if np.isfinite(error):
                _bar(frame, model, y, error, f'{error:.{decimals}f}', joint)
            y += _BAR
    return frame.markup()


def _bar(frame: _Frame, model: str, y: float, error: float, number: str, joint: str):
    end = frame.x(error)
    frame.add(
        'rect',
        f'{joint}, {model.upper()}: {number}',
        x=frame.left,
        y=y,
        width=round(end - frame.left, 1),
        height=_BAR - 1,
        class_=model,
    )
    frame.add('text', number, x=end + 3, y=y + _BAR - 2, class_='number')


def pck_curves(name: str, axis: str, thresholds: np.ndarray, pck: np.ndarray) -> Markup:
    """Draw the shares of joints within thresholds as two curves.

    Args:
        name (str): Description of the chart for screen readers.
        axis (str): Title of the x axis.
        thresholds (np.ndarray): [T], rising from 0.
        pck (np.ndarray): Shares [2, T], 0 to 1.
    """
    frame = _Frame(name, 360, 52, 20, float(thresholds[-1]))
    rise = frame.bottom - frame.top
    for tick in np.linspace(0, 1, 6):
        y = frame.bottom - tick * rise
        frame.add('line', x1=frame.left, x2=frame.right, y1=y, y2=y, class_='grid')
        frame.add('text', f'{tick:.1f}', x=frame.left - _TICK, y=y + 4, anchor='end')
    frame.draw_x_axis(axis)
    frame.add(
        'text',
        'PCK: share of the keypoints',
        anchor='middle',
        transform=f'translate(14 {frame.top + rise / 2}) rotate(-90)',
    )
    for model, curve in zip('ab', pck):
        points = (
            f'{frame.x(t)},{frame.bottom - share * rise:.1f}'
            for t, share in zip(thresholds, curve)
        )
        frame.add('polyline', points=' '.join(points), class_=model)
    return frame.markup()


def line_chart(
    name: str, x_title: str, y_title: str, x: Sequence[float], y: Sequence[float]
) -> Markup:
    """Draw one line over an x axis that starts at 0.

    Args:
        name (str): Description of the chart for screen readers.
        x_title (str): Title of the x axis.
        y_title (str): Name of the values on the y axis, which starts at 0, as a tooltip.
        x (Sequence[float]): [N], rising.
        y (Sequence[float]): [N], not negative.
    """
    frame = _Frame(name, 200, 62, 20, float(max(x)) or 1.0)
    rise, top = frame.bottom - frame.top, float(max(y)) or 1.0
    for text, tick in _ticks(top).items():
        level = frame.bottom - tick / top * rise
        frame.add('line', x1=frame.left, x2=frame.right, y1=level, y2=level, class_='grid')
        frame.add('text', text, x=frame.left - _TICK, y=level + 4, anchor='end')
    frame.draw_x_axis(x_title)
    points = (f'{frame.x(a)},{frame.bottom - b / top * rise:.1f}' for a, b in zip(x, y))
    frame.add('polyline', y_title, points=' '.join(points), class_='b')
    return frame.markup()

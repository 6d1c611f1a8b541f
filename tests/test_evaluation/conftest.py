"""The published evaluation's way to a cell: draw a heatmap, find its largest value."""

import numpy as np
import pytest


def draw(point, crop, size, sigma=2):
    """A true heatmap [H, W] as the published data sets draw it, value by value.

    A Gaussian cut off at three sigma around ``int(x / stride + 0.5)``, and nothing where
    that centre is not on the map.
    """
    heatmap = np.zeros(size[::-1], np.float32)
    column, row = (int(c / (a / b) + 0.5) for c, a, b in zip(point, crop, size))
    if 0 <= column < size[0] and 0 <= row < size[1]:
        for y in range(size[1]):
            for x in range(size[0]):
                if max(abs(x - column), abs(y - row)) <= 3 * sigma:
                    distance = (x - column) ** 2 + (y - row) ** 2
                    heatmap[y, x] = np.exp(-distance / (2 * sigma**2))
    return heatmap


def draw_animal(point, crop, size, sigma=1):
    """A true heatmap [H, W] as UniFrame's data sets of animals draw it.

    A Gaussian around ``int(x / stride)``; nothing where the square of three sigma about
    that cell is not on the map as a whole, or ends with its last column or row.
    """
    heatmap = np.zeros(size[::-1], np.float32)
    column, row = (int(c / (a / b)) for c, a, b in zip(point, crop, size))
    lower = [column - 3 * sigma, row - 3 * sigma]
    upper = [column + 3 * sigma + 1, row + 3 * sigma + 1]
    if min(lower) < 0 or upper[0] >= size[0] or upper[1] >= size[1]:
        return heatmap
    for y in range(lower[1], upper[1]):
        for x in range(lower[0], upper[0]):
            distance = (x - column) ** 2 + (y - row) ** 2
            heatmap[y, x] = np.exp(-distance / (2 * sigma**2))
    return heatmap


def peak(heatmap):
    """Column and row of the first largest value, (0, 0) where none is positive."""
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    return (column, row) if heatmap.max() > 0 else (0, 0)


@pytest.fixture(scope='session')
def heatmap_peak():
    """Heatmap [H, W] -> its column and row."""
    return peak


@pytest.fixture(scope='session')
def drawn_peak():
    """Point, crop and map size -> column and row of the heatmap drawn for the point."""
    return lambda point, crop, size: peak(draw(point, crop, size))


@pytest.fixture(scope='session')
def drawn_animal_peak():
    """As ``drawn_peak``, for the heatmaps of animals."""
    return lambda point, crop, size: peak(draw_animal(point, crop, size))

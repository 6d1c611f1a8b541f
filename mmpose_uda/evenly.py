"""Evenly spaced choices from data sets, whose neighbours may be alike, and from frames."""

import numpy as np


def evenly(length: int, most: int) -> list[int]:
    """Return at most ``most`` evenly spaced indices of a list of ``length`` items."""
    return np.linspace(0, length - 1, min(most, length)).round().astype(int).tolist()

"""Some of many: of data sets, whose neighbours may be alike, and of frames."""

import numpy as np


def evenly(length: int, most: int) -> list[int]:
    """At most so many indices of a list, at equal distances."""
    return np.linspace(0, length - 1, min(most, length)).round().astype(int).tolist()

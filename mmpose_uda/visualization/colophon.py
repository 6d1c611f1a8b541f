"""The facts at the end of a page."""

import platform
from datetime import datetime, timezone

import mmpose
import numpy as np
import torch

from mmpose_uda.version import __version__


def made_by() -> dict[str, str]:
    """Which versions made a page, and when: name -> text."""
    return {
        'Made by': f'mmpose_uda {__version__}, mmpose {mmpose.__version__}, '
        f'torch {torch.__version__}, NumPy {np.__version__}, '
        f'Python {platform.python_version()}',
        'Date': datetime.now(timezone.utc).strftime('%Y-%m-%d %H:%M UTC'),
    }

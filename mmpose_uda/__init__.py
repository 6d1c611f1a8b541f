"""Unsupervised domain adaptation for mmpose.

Importing the package applies the repairs that the installed OpenMMLab stack needs
(:mod:`mmpose_uda.compat`) and registers every part in mmpose's registries.
"""

from . import compat

compat.apply()  # must precede every import of mmpose

from . import codecs, datasets, engine, evaluation, models, visualization  # noqa: E402
from .errors import UserError  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = [
    'UserError',
    '__version__',
    'codecs',
    'compat',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'visualization',
]

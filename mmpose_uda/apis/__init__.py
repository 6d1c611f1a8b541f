"""What the command line tools do, for use from Python."""

from .config import load_config, prepare_data
from .evaluate import evaluate
from .infer import infer
from .train import train

__all__ = ['evaluate', 'infer', 'load_config', 'prepare_data', 'train']

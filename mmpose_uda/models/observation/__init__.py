"""What networks see in a training step, which heads and alignments look at."""

from .observations import Observations
from .view_observation import ViewObservation

__all__ = ['Observations', 'ViewObservation']

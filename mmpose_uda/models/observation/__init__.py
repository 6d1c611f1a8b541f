"""What networks see in a training step, for losses and alignments to use."""

from .carrying import carried, carried_targets
from .observations import Observations
from .source_statistics import Bounds, SourceStatistics
from .statistics_file import (
    STATISTICS_FILE,
    Skeleton,
    content_of,
    fill,
    read_statistics,
    statistics_for,
)
from .view_observation import ViewObservation

__all__ = [
    'Bounds',
    'Observations',
    'STATISTICS_FILE',
    'Skeleton',
    'SourceStatistics',
    'ViewObservation',
    'carried',
    'carried_targets',
    'content_of',
    'fill',
    'read_statistics',
    'statistics_for',
]

"""How to read values of metrics: which are better, and how many digits matter."""

from collections.abc import Iterable


def lower_is_better(metric: str) -> bool:
    """Whether a metric, with or without its prefix, is an error."""
    return metric.endswith(('MPJPE', 'EPE', 'NME'))


def short_names(metrics: Iterable[str]) -> dict[str, str]:
    """Return short names of metrics for a table: metric -> name.

    The prefix is dropped, unless it states another protocol ('target_regda') or the name
    would be that of an earlier metric.
    """
    found: dict[str, str] = {}
    for metric in metrics:
        prefix, _, name = metric.partition('/')
        keeps = not name or prefix.startswith('target_') or name in found.values()
        found[metric] = metric if keeps else name
    return found


def enough_decimals(value: float) -> int:
    """Decimals worth showing: millimetres and percent need one, shares three."""
    return 1 if abs(value) >= 2 else 3

"""How values of metrics are read: which are better, and how many digits tell."""

from collections.abc import Iterable


def lower_is_better(metric: str) -> bool:
    """Whether a metric, with or without its prefix, is an error."""
    return metric.endswith(('MPJPE', 'EPE', 'NME'))


def short_names(metrics: Iterable[str]) -> dict[str, str]:
    """Names of metrics for a table: metric -> name.

    That is without the prefix, but for what says that the protocol is another
    ('target_regda'), and what would have the name of an earlier one.
    """
    found: dict[str, str] = {}
    for metric in metrics:
        prefix, _, name = metric.partition('/')
        keeps = not name or prefix.startswith('target_') or name in found.values()
        found[metric] = metric if keeps else name
    return found


def telling_decimals(value: float) -> int:
    """Decimals worth telling: millimetres and percent need one, shares three."""
    return 1 if abs(value) >= 2 else 3

"""How values of metrics are read: which are better, and how many digits tell."""


def lower_is_better(metric: str) -> bool:
    """Whether a metric, with or without its prefix, is an error."""
    return metric.endswith(('MPJPE', 'EPE', 'NME'))


def telling_decimals(value: float) -> int:
    """Decimals worth telling: millimetres and percent need one, shares three."""
    return 1 if abs(value) >= 2 else 3

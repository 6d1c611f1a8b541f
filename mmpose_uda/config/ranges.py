"""Refuse numbers in a config that cannot be intended."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config

from mmpose_uda.config.names import read_names
from mmpose_uda.errors import UserError


@dataclass(frozen=True)
class _Range:
    """Numbers that a key may have.

    Args:
        least (float): The smallest.
        most (float): The largest.
        whole (bool): Whether only integers are allowed.
        several (bool): Whether a list of such numbers is allowed.
        optional (bool): Whether None is allowed.
    """

    least: float = -math.inf
    most: float = math.inf
    whole: bool = False
    several: bool = False
    optional: bool = True

    def has(self, value: Any) -> bool:
        if value is None:
            return self.optional
        if isinstance(value, (list, tuple)):
            return self.several and all(map(self.has, value))
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return (
            is_number
            and math.isfinite(value)
            and self.least <= value <= self.most
            and not (self.whole and value != int(value))
        )

    def __str__(self) -> str:
        kind = 'a whole number' if self.whole else 'a finite number'
        if self.most < math.inf:
            return f'{kind} from {self.least:g} to {self.most:g}'
        return f'{kind} of at least {self.least:g}' if self.least > -math.inf else kind


_SHARE = _Range(0, 1)
_SIZE = _Range(1, whole=True, several=True)
_AT_LEAST_0 = _Range(0)
_COUNT = _Range(1, whole=True)
_NEEDED = _Range(1, whole=True, optional=False)
_COUNT_OR_0 = _Range(0, whole=True)
# A name means the same in the parts of mmengine, mmpose and this package.
_RANGES = dict(
    accumulative_counts=_COUNT,
    batch_size=_NEEDED,
    decay_mult=_AT_LEAST_0,
    heatmap_size=_SIZE,
    input_size=_SIZE,
    interval=_Range(-1, whole=True),
    iters=_NEEDED,
    loss_weight=_AT_LEAST_0,
    lr=_AT_LEAST_0,
    lr_mult=_AT_LEAST_0,
    max_epochs=_COUNT,
    max_iters=_COUNT,
    max_keep_ckpts=_Range(-1, whole=True),
    max_norm=_AT_LEAST_0,
    momentum=_SHARE,
    num_batch_per_epoch=_COUNT,
    num_joints=_COUNT,
    num_workers=_Range(0, whole=True, optional=False),
    out_channels=_COUNT,
    prob=_Range(0, 1, several=True),
    ramp_iters=_COUNT_OR_0,
    sample_interval=_COUNT,
    seed=_Range(0, 2**32 - 1, whole=True),
    thr=_AT_LEAST_0,
    total_length=_AT_LEAST_0,
    val_interval=_COUNT,
    weight_decay=_AT_LEAST_0,
    window_size=_SIZE,
)


def check_ranges(cfg: Config) -> None:
    """Refuse numbers that no run could use, in what the runner reads.

    Raises:
        UserError: There are some; it names the key of the first one.
    """
    for key, value in _numbers(cfg.to_dict()):
        allowed = _RANGES[key.rpartition('.')[2]]
        if not allowed.has(value):
            raise UserError(
                f'`{key}` of the config {cfg.filename} is {value!r}: let it be {allowed}.'
            )


def _numbers(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and the value of everything that has a range."""

    def search(node: Any, path: str) -> Iterator[tuple[str, Any]]:
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in pairs:
            own = f'{path}.{key}'
            if key in _RANGES:
                yield own, child
            elif isinstance(child, (dict, list, tuple)):
                yield from search(child, own)

    for top in sorted(read_names() & set(content)):
        if isinstance(content[top], (dict, list, tuple)):
            yield from search(content[top], top)

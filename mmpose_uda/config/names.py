"""Top-level names of a config: what is read, and what only looks like it."""

import difflib
import inspect

from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda.errors import UserError

# read by mmengine from the config, though no argument of its Runner
_RUNNER_KEYS = (
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
    'compile',
    'runner_type',
)
# names that people do not come near by chance
_LEAST_LETTERS = 7
_NEAR = 0.9


def read_names() -> set[str]:
    """Names of a config that mmengine's runner reads."""
    return {*inspect.signature(Runner).parameters, *_RUNNER_KEYS} - {'cfg'}


def refuse_near_misses(cfg: Config) -> None:
    """Refuse a misspelt name of what the runner reads, which it would pass over.

    Raises:
        UserError: There is one.
    """
    known = read_names()
    long = [name for name in known if len(name) >= _LEAST_LETTERS]
    for name in set(cfg.keys()) - known:
        for near in difflib.get_close_matches(name, long, n=1, cutoff=_NEAR):
            raise UserError(
                f'The config {cfg.filename} has `{name}`, which nothing reads: write '
                f'`{near}`, or another name if it is your own.'
            )

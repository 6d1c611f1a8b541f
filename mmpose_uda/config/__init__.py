"""Configs: reading them, preparing what they need, explaining what is wrong with them."""

from .arguments import check_arguments
from .backends import drop_missing_backends
from .builtin_data import make_readable, prepare_data, shrink_builtin_data
from .checkpoints import last_checkpoint
from .evaluators import check_evaluators, take_labels_from_samples
from .explaining import explain, user_errors
from .few_batches import load_in_this_process
from .fitting import check_fit, cropped_size
from .launching import (
    check_seed,
    require_whole_parameters,
    set_launcher,
)
from .names import LOADERS, imported_modules
from .paths import require_checkpoint, require_checkpoints, require_paths
from .ramps import RAMPS, is_warm_up, listed_schedulers, warn_of_long_ramps
from .reading import (
    drop_options_of_workers,
    load_config,
    require,
    require_data,
    require_phases,
    tested_network,
)
from .resuming import check_resumed
from .smoke import shorten
from .step import prepare_step
from .work_dirs import check_new, own_work_dir, set_work_dir

__all__ = [
    'LOADERS',
    'RAMPS',
    'check_arguments',
    'check_evaluators',
    'check_fit',
    'check_new',
    'check_resumed',
    'check_seed',
    'cropped_size',
    'drop_missing_backends',
    'drop_options_of_workers',
    'explain',
    'imported_modules',
    'is_warm_up',
    'last_checkpoint',
    'listed_schedulers',
    'load_config',
    'load_in_this_process',
    'make_readable',
    'own_work_dir',
    'prepare_data',
    'prepare_step',
    'require',
    'require_checkpoint',
    'require_checkpoints',
    'require_data',
    'require_paths',
    'require_phases',
    'require_whole_parameters',
    'set_launcher',
    'set_work_dir',
    'shorten',
    'shrink_builtin_data',
    'take_labels_from_samples',
    'tested_network',
    'warn_of_long_ramps',
    'user_errors',
]

"""Read checkpoints without running code from them, and write them whole.

``torch.load(weights_only=True)`` refuses mmengine's own checkpoints: their message
hub holds ``HistoryBuffer`` objects, whose pickles look up ``builtins.getattr``, and
their metainfo holds NumPy arrays. Releases of torch before 2.6 run whatever the file
names. Here torch reads the file with an unpickler that resolves a short list of names and
refuses the rest, which is the same policy in every release of torch.
"""

import os
import os.path as osp
import pickle
import warnings
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Union
from urllib.parse import urlparse

import torch
from mmengine.dist import barrier, get_rank, get_world_size
from mmengine.logging import HistoryBuffer
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler

from .errors import UserError
from .safe_pickle import ListedUnpickler, Refused, array_globals
from .whole_files import whole_file

# The attributes that pickles look up in a class; no others are returned.
_ATTRIBUTES = {
    HistoryBuffer: ('min', 'max', 'current', 'mean'),
    OneCycleParamScheduler: ('_annealing_cos', '_annealing_linear'),
}
_OF_THE_MACHINE = ('CUDA', 'out of memory', 'not enough memory')  # not the file's fault
_TORCHSCRIPT = '.*looks like a TorchScript archive.*'
_read: list[str] = []


def _listed_attribute(owner, name):
    """Stand in for ``getattr``, but only return what mmengine's own state refers to."""
    is_listed = isinstance(owner, type) and name in _ATTRIBUTES.get(owner, ())
    if not is_listed:
        raise Refused(f'getattr of {name!r}')
    return getattr(owner, name)


def _allowed_globals():
    """Return name -> object, including those of arrays."""
    allowed = {
        **array_globals(),
        'collections.Counter': Counter,  # milestones of a MultiStepLR
        'collections.OrderedDict': OrderedDict,
        'collections.defaultdict': defaultdict,
        'mmengine.logging.history_buffer.HistoryBuffer': HistoryBuffer,
        f'{OneCycleParamScheduler.__module__}.OneCycleParamScheduler': (
            OneCycleParamScheduler
        ),
        'torch.Size': torch.Size,
        'torch.device': torch.device,
        'torch.nn.parameter.Parameter': torch.nn.Parameter,
    }
    for builtins in ('builtins', '__builtin__'):
        allowed[f'{builtins}.getattr'] = _listed_attribute
    for name in ('_rebuild_tensor', '_rebuild_tensor_v2', '_rebuild_parameter'):
        allowed[f'torch._utils.{name}'] = getattr(torch._utils, name)
    for name, value in vars(torch).items():
        if isinstance(value, torch.dtype) or name.endswith('Storage'):
            allowed[f'torch.{name}'] = value
    return allowed


class _Unpickler(ListedUnpickler):
    """Resolves the names that checkpoints of mmengine use."""

    allowed = _allowed_globals()


def _load(file, **kwargs):
    return _Unpickler(file, **kwargs).load()


_pickle_module = SimpleNamespace(
    __name__=__name__,
    Unpickler=_Unpickler,
    load=_load,
)


def load_from_local(filename, map_location=None):
    """Load a checkpoint file; nothing named in it is executed.

    Args:
        filename (str): Path of the checkpoint.
        map_location: As in :func:`torch.load`.

    Returns:
        dict: The checkpoint.

    Raises:
        FileNotFoundError: There is no such file.
        UserError: The file is damaged, names anything but tensors, arrays, plain
            containers and mmengine's log history, or does not hold weights by name.
    """
    filename = osp.expanduser(filename)
    if not osp.isfile(filename):
        raise FileNotFoundError(f'{filename} can not be found.')
    content = _read_file(filename, map_location)
    _require_weights(content, filename)
    _read[:] = [filename]
    return content


def last_read() -> str:
    """Return the checkpoint that was loaded last, for errors that are found later."""
    return _read[0] if _read else 'the checkpoint'


def _require_weights(content, filename):
    weights = content.get('state_dict', content) if isinstance(content, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(key, str) for key in weights):
        raise UserError(
            f'{filename} holds a {type(content).__name__} and no weights by name: give a '
            'checkpoint that training wrote.'
        )


def _read_file(filename, map_location):
    try:
        with warnings.catch_warnings():
            # torch hands these archives to torch.jit.load right after the warning
            warnings.filterwarnings('error', message=_TORCHSCRIPT)
            return torch.load(
                filename,
                map_location=map_location,
                pickle_module=_pickle_module,
                weights_only=False,  # the policy is the unpickler's list
            )
    except UserWarning as error:
        raise UserError(
            f'{filename} is a TorchScript archive: give a checkpoint that training wrote.'
        ) from error
    except Refused as error:
        raise UserError(
            f'The checkpoint {filename} refers to {error}, which is not run because it '
            'is neither a tensor, an array nor a plain container: if you trust the file, '
            "save only its 'state_dict' and load that."
        ) from error
    except (pickle.UnpicklingError, EOFError, LookupError, ValueError) as error:
        raise UserError(f'{filename} is no checkpoint: check the path.') from error
    except OSError as error:
        raise UserError(
            f'The checkpoint {filename} cannot be read ({error.strerror}): check its '
            'permissions and its disk.'
        ) from error
    except Exception as error:  # damaged pickles raise anything
        if any(sign in str(error) for sign in _OF_THE_MACHINE):
            raise
        raise UserError(
            f'The checkpoint {filename} is damaged or cut short: use an earlier one.'
        ) from error


def load_from_http(filename, map_location=None, model_dir=None, progress=True):
    """Download a checkpoint if it is not cached, and load it by :func:`load_from_local`.

    Args:
        filename (str): URL of the checkpoint.
        map_location: As in :func:`torch.load`.
        model_dir (str, optional): Folder for the file. Default: torch's cache.
        progress (bool): Show a progress bar.

    Returns:
        dict: The checkpoint.
    """
    folder = model_dir or osp.join(torch.hub._get_torch_home(), 'checkpoints')
    path = osp.join(folder, osp.basename(urlparse(filename).path))

    def fetch():
        if not osp.exists(path):
            os.makedirs(folder, exist_ok=True)
            torch.hub.download_url_to_file(filename, path, progress=progress)

    if get_rank() == 0:
        fetch()
    if get_world_size() > 1:
        barrier()
        fetch()  # downloads only if rank 0 has another disk
    return load_from_local(path, map_location)


def save_checkpoint(content: dict[str, Any], path: Union[str, Path]) -> None:
    """Write a checkpoint; if killed midway, this leaves no file that passes for it."""
    with whole_file(path) as partial:
        torch.save(content, partial)

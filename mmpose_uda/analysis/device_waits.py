"""Where Python waits for the device."""

import sys
from collections import Counter
from contextlib import ExitStack
from types import FrameType
from typing import Any, Iterator, NamedTuple, Optional

import torch
from mmengine.device import get_device
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_aten = torch.ops.aten
# How torch marks operators whose result, or its shape, is read by the host; what it forgot.
_READS = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
_UNMARKED_READS = (_aten._linalg_check_errors.default,)
_INDEXING = (
    _aten.index.Tensor,
    _aten.index_put.default,
    _aten.index_put_.default,
    _aten._index_put_impl_.default,
)


class Wait(NamedTuple):
    """A place that waits.

    Args:
        owner (str): The package that causes it, or 'backward'.
        place (str): Its module, function and line.
        operator (str): What it waits for.
    """

    owner: str
    place: str
    operator: str


class DeviceWaits:
    """Counts where Python waits for values from the device, while it is entered.

    It waits for single values (``item()``, ``if tensor``), for values that a shape depends
    on (``nonzero``, boolean indices), and for copies to the host (``cpu()``,
    ``tolist()``). The owner of a wait is the package that mmengine called; mmengine itself
    if there is none, as for the losses that it logs; or 'backward', as the backward pass
    of losses has no Python stack.

    Without an accelerator the waits are those that there would be with one: all values are
    taken to be on the device but random draws, constants, and what is computed from them
    alone. ``to(torch.device('cpu'))`` is then not told from a move to the device. Enter one
    before the optimizer makes its state, which has constants. Copies *to* the device, of
    constants and drawn numbers, hand no value to Python and do not count.

    Attributes:
        counts (Counter[Wait]): How often each place waited.
    """

    def __init__(self):
        self.counts: Counter[Wait] = Counter()
        self._caller: Optional[FrameType] = None
        self._modes = ExitStack()

    def __enter__(self) -> 'DeviceWaits':
        self._caller = sys._getframe(1)
        self._modes.enter_context(_Operators(self))
        self._modes.enter_context(_CopiesToHost(self))
        return self

    def __exit__(self, *error) -> None:
        self._modes.close()
        self._caller = None

    def add(self, operator: Any) -> None:
        """Count a wait of the code that is running."""
        owner, place = 'backward', 'autograd'
        for package, called in self._stack():
            if owner == 'backward' or package not in (owner, 'mmengine'):
                owner, place = package, called
        self.counts[Wait(owner, place, str(operator))] += 1

    def _stack(self) -> Iterator[tuple[str, str]]:
        """Package and place of the functions that run, from the inside out.

        Without those of torch and of this module; it ends where autograd took over.
        """
        frame = sys._getframe(2)
        while frame is not None and frame is not self._caller:
            function, module = frame.f_code.co_name, frame.f_globals.get('__name__', '?')
            if function == '_engine_run_backward':
                return
            package = module.split('.')[0]
            if package != 'torch' and module != __name__:
                yield package, f'{module}.{function}:{frame.f_lineno}'
            frame = frame.f_back


class _Operators(TorchDispatchMode):
    """Sees every operator, those of the backward pass and of the optimizer too."""

    def __init__(self, waits: DeviceWaits):
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        inputs = _tensors((args, kwargs))
        if not all(map(_is_on_host, _values_read(func, args))):
            self.waits.add(func)
        result = func(*args, **(kwargs or {}))
        outputs = _tensors(result)
        if _is_copy_to_host(inputs, outputs):
            self.waits.add(func)
        on_host = func is _aten.lift_fresh.default or all(map(_is_on_host, inputs))
        for output in outputs:
            _mark(output, on_host)
        return result


class _CopiesToHost(TorchFunctionMode):
    """Sees copies to the host that are no operators if the host is the device."""

    def __init__(self, waits: DeviceWaits):
        super().__init__()
        self.waits = waits

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if _asks_for_host(func, args, kwargs) and get_device() == 'cpu':
            if not _is_on_host(args[0]):
                self.waits.add(func)
                if isinstance(result, Tensor):
                    result = result.clone()  # as from a device, so that it can be marked
                    _mark(result, True)
        return result


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _is_on_host(tensor: Tensor) -> bool:
    if get_device() != 'cpu':
        return tensor.device.type == 'cpu'
    return getattr(tensor.untyped_storage(), '_mmpose_uda_on_host', False)


def _mark(tensor: Tensor, on_host: bool) -> None:
    """Remember for a tensor, and all that share its memory, where its values would be."""
    tensor.untyped_storage()._mmpose_uda_on_host = on_host


def _values_read(func, args: tuple) -> list[Tensor]:
    """The tensors whose values an operator hands to the host."""
    if func in _INDEXING:
        fills = func is not _aten.index.Tensor and args[2].numel() == 1
        masks = [i for i in args[1] if i is not None and i.dtype == torch.bool]
        return [] if fills else masks
    if func in _UNMARKED_READS or _READS.intersection(func.tags):
        return _tensors(args)
    return []


def _is_copy_to_host(inputs: list[Tensor], outputs: list[Tensor]) -> bool:
    """Whether values come from an accelerator; never the case without one."""
    return any(i.device.type != 'cpu' for i in inputs) and any(
        o.device.type == 'cpu' for o in outputs
    )


def _asks_for_host(func, args: tuple, kwargs: Optional[dict]) -> bool:
    if func is Tensor.to:
        asked = [*args[1:], *(kwargs or {}).values()]
        return any(isinstance(value, str) and value == 'cpu' for value in asked)
    return func in (Tensor.cpu, Tensor.numpy, Tensor.tolist)

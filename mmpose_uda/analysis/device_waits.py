"""Find where Python waits for the device."""

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
# Tags of operators whose result, or its shape, the host reads; then the untagged ones.
_READS = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
_UNMARKED_READS = (_aten._linalg_check_errors.default,)
_INDEXING = (
    _aten.index.Tensor,
    _aten.index_put.default,
    _aten.index_put_.default,
    _aten._index_put_impl_.default,
)


class Wait(NamedTuple):
    """A place in the code that waits for the device.

    Args:
        owner (str): The package that causes the wait, or 'backward'.
        place (str): Module, function and line.
        operator (str): The operator whose result is awaited.
    """

    owner: str
    place: str
    operator: str


class DeviceWaits:
    """A context that counts where Python waits for values from the device.

    Python waits for single values (``item()``, ``if tensor``), for values that determine a
    shape (``nonzero``, boolean indices), and for copies to the host (``cpu()``,
    ``tolist()``). The owner of a wait is the package that mmengine called; mmengine itself
    if it called none, as for the losses that it logs; or 'backward', since the backward
    pass has no Python stack.

    Without an accelerator, the waits are those that would occur with one: all values are
    assumed to be on the device except random draws, constants, and what is computed only
    from these. ``to(torch.device('cpu'))`` then cannot be distinguished from a move to the
    device. Enter a context before the optimizer creates its state, which has constants.
    Copies *to* the device, of constants and random draws, return no value to Python and do
    not count.

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
        """Count a wait of the currently running code."""
        owner, place = 'backward', 'autograd'
        for package, called in self._stack():
            if owner == 'backward' or package not in (owner, 'mmengine'):
                owner, place = package, called
        self.counts[Wait(owner, place, str(operator))] += 1

    def _stack(self) -> Iterator[tuple[str, str]]:
        """Yield package and place of the running functions, innermost first.

        Skips those of torch and of this module, and ends where autograd took over.
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
    """Sees every operator, including those of the backward pass and of the optimizer."""

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
    """Sees copies to the host, which run no operator if the host is the device."""

    def __init__(self, waits: DeviceWaits):
        super().__init__()
        self.waits = waits

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if _asks_for_host(func, args, kwargs) and get_device() == 'cpu':
            if not _is_on_host(args[0]):
                self.waits.add(func)
                if isinstance(result, Tensor):
                    result = result.clone()  # a separate copy that can be marked
                    _mark(result, True)
        return result


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _is_on_host(tensor: Tensor) -> bool:
    if get_device() != 'cpu':
        return tensor.device.type == 'cpu'
    return getattr(tensor.untyped_storage(), '_mmpose_uda_on_host', False)


def _mark(tensor: Tensor, on_host: bool) -> None:
    """Record where the values of a tensor, and of all that share its memory, would be."""
    tensor.untyped_storage()._mmpose_uda_on_host = on_host


def _values_read(func, args: tuple) -> list[Tensor]:
    """The tensors whose values an operator passes to the host."""
    if func in _INDEXING:
        fills = func is not _aten.index.Tensor and args[2].numel() == 1
        masks = [i for i in args[1] if i is not None and i.dtype == torch.bool]
        return [] if fills else masks
    if func in _UNMARKED_READS or _READS.intersection(func.tags):
        return _tensors(args)
    return []


def _is_copy_to_host(inputs: list[Tensor], outputs: list[Tensor]) -> bool:
    """Whether values are copied from an accelerator; never true without one."""
    return any(i.device.type != 'cpu' for i in inputs) and any(
        o.device.type == 'cpu' for o in outputs
    )


def _asks_for_host(func, args: tuple, kwargs: Optional[dict]) -> bool:
    if func is Tensor.to:
        asked = [*args[1:], *(kwargs or {}).values()]
        return any(isinstance(value, str) and value == 'cpu' for value in asked)
    return func in (Tensor.cpu, Tensor.numpy, Tensor.tolist)

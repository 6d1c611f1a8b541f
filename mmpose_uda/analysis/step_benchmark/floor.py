"""Record and replay only the forward and backward passes of a training step."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Optional

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from mmpose_uda.engine.mixed_precision import mixed_precision

from .networks import Network, replaced_entries


@dataclass(frozen=True)
class _Produced:
    """A tensor that an earlier pass produced: number of the pass, and of its output."""

    number: int
    output: int


@dataclass
class Pass:
    """One pass of images through a network.

    Args:
        network (str): Name of the network.
        images (int): Number of images.
        with_gradient (bool): Whether a backward pass follows.
        method (Callable): The method of the network that is called.
        arguments (Any): Arguments of the method, tensors detached from their history.
        outputs (int): Number of tensors that it returns.
        autocast (torch.dtype, optional): Data type of mixed precision.
        inference (bool): Whether it ran in ``torch.inference_mode``.
    """

    network: str
    images: int
    with_gradient: bool
    method: Callable
    arguments: Any
    outputs: int
    autocast: Optional[torch.dtype]
    inference: bool

    def described(self) -> dict[str, Any]:
        """Its description for the JSON."""
        return dict(
            network=self.network, images=self.images, with_gradient=self.with_gradient
        )

    def __call__(self, arguments: Any, device: str) -> Any:
        """Run the pass."""
        with ExitStack() as modes:
            if self.autocast is not None:
                modes.enter_context(mixed_precision(device, self.autocast))
            if self.inference:
                modes.enter_context(torch.inference_mode())
            modes.enter_context(torch.set_grad_enabled(self.with_gradient))
            args, kwargs = arguments
            return self.method(*args, **kwargs)


class PassRecorder:
    """A context that records the passes that networks run inside it.

    Only outermost calls count: a head that calls itself, or a network inside another, is
    one pass.
    """

    def __init__(self, networks: list[Network], device: str):
        self.device = device
        self.networks = networks
        self.passes: list[Pass] = []
        self._origin: dict[int, tuple[Tensor, _Produced]] = {}
        self._is_inside = False

    def __enter__(self) -> 'PassRecorder':
        self.passes = []
        self._entries = ExitStack()
        self._entries.enter_context(replaced_entries(self.networks, self._wrap))
        return self

    def __exit__(self, *error) -> None:
        self._entries.close()
        self._origin = {}

    def _wrap(self, network: Network, name: str, method: Callable) -> Callable:
        def run(*args, **kwargs):
            if self._is_inside:
                return method(*args, **kwargs)
            self._is_inside = True
            try:
                outputs = method(*args, **kwargs)
            finally:
                self._is_inside = False
            self._note(network, method, (args, kwargs), outputs)
            return outputs

        return run

    def _note(self, network: Network, method: Callable, arguments, outputs) -> None:
        tensors = [leaf for leaf in tree_leaves(outputs) if isinstance(leaf, Tensor)]
        is_mixed = torch.is_autocast_enabled(self.device)
        self.passes.append(
            Pass(
                network=network.name,
                images=_count_images(arguments),
                with_gradient=any(tensor.requires_grad for tensor in tensors),
                method=method,
                arguments=tree_map(self._without_history, arguments),
                outputs=len(tensors),
                autocast=torch.get_autocast_dtype(self.device) if is_mixed else None,
                inference=torch.is_inference_mode_enabled(),
            )
        )
        for i, tensor in enumerate(tensors):
            self._origin[id(tensor)] = tensor, _Produced(len(self.passes) - 1, i)

    def _without_history(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        if id(leaf) in self._origin:
            return self._origin[id(leaf)][1]
        return leaf.detach().requires_grad_(leaf.requires_grad)


def run_passes(passes: list[Pass], device: str) -> None:
    """Run passes forward, then all of them backward at once, from gradients of one.

    Outputs that one network passes directly to another stay connected, so that the backward
    pass runs through a backbone only once. Other inputs of networks are leaves here.
    """
    produced: dict[_Produced, Tensor] = {}
    consumed = set()
    for number, one in enumerate(passes):
        consumed.update(filter(_is_produced, tree_leaves(one.arguments)))
        arguments = tree_map(
            lambda leaf: produced[leaf] if _is_produced(leaf) else leaf, one.arguments
        )
        outputs = [x for x in tree_leaves(one(arguments, device)) if isinstance(x, Tensor)]
        produced.update({_Produced(number, i): x for i, x in enumerate(outputs)})
    ends = [x for key, x in produced.items() if x.requires_grad and key not in consumed]
    if ends:
        torch.autograd.backward(ends, [torch.ones_like(end) for end in ends])


def _is_produced(leaf: Any) -> bool:
    return isinstance(leaf, _Produced)


def _count_images(arguments: Any) -> int:
    """Length of the first tensor's first axis, which also counts after a split stem."""
    tensors = [leaf for leaf in tree_leaves(arguments) if isinstance(leaf, Tensor)]
    return len(tensors[0]) if tensors else 0

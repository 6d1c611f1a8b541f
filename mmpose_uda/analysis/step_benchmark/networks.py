"""The networks that a training step runs, and the methods that start their passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable, NamedTuple

import torch
from mmengine.runner import Runner
from torch import nn

from mmpose_uda.engine.unwrap import unwrapped_model

# A masked transformer is not only called by its `forward`.
_ENTRIES = ('forward', 'forward_visible', 'forward_masked')


class Network(NamedTuple):
    """A named network.

    Args:
        name (str): Name, such as 'student.backbone' or 'style.encoder'.
        module (nn.Module): The module.
    """

    name: str
    module: nn.Module


def networks_of(runner: Runner) -> list[Network]:
    """Backbones, necks and heads of both estimators, and the networks of parts and hooks.

    Modules without weights do not count as networks: their time is overhead of the step.
    """
    model = unwrapped_model(runner)
    owners = dict(student=model.student, teacher=model.teacher.module)
    owners.update({f'alignments.{n}': part for n, part in model.alignments.items()})
    for hook in runner.hooks:
        if isinstance(getattr(hook, 'network', None), nn.Module):
            owners['style'] = hook.network
    found = [
        Network(f'{owner}.{name}', child)
        for owner, module in owners.items()
        for name, child in module.named_children()
    ]
    for name in ('foreground_head', 'foreground_teacher'):
        module = getattr(model, name)
        if module is not None:
            found.append(Network(name, getattr(module, 'module', module)))
    return [network for network in found if _has_weights(network.module)]


def _has_weights(module: nn.Module) -> bool:
    return any(tensor.ndim for tensor in (*module.parameters(), *module.buffers()))


def compilable(runner: Runner) -> list[Network]:
    """The networks that a training with ``compile=True`` compiles.

    A student whose attention or features a part needs is not compiled: it would keep
    writing them to the records of the first step.
    """
    networks = networks_of(runner)
    if not any(unwrapped_model(runner).recorded()):
        return networks
    return [network for network in networks if not network.name.startswith('student.')]


def compile_networks(networks: list[Network]) -> None:
    """Compile each entry method of the networks by ``torch.compile``, at its first pass."""
    for network, name, method in _entries(networks):
        setattr(network.module, name, torch.compile(method))


@contextmanager
def replaced_entries(
    networks: list[Network], wrap: Callable[[Network, str, Callable], Callable]
) -> Iterator[None]:
    """Replace the entry methods of networks inside the block.

    Args:
        networks (list[Network]): Networks whose entry methods are replaced.
        wrap (Callable): Takes the network, the name of its method and the method, and
            returns the replacement of that method.
    """
    entries = list(_entries(networks))
    own = [dict(vars(network.module)) for network, _, _ in entries]
    for network, name, method in entries:
        setattr(network.module, name, wrap(network, name, method))
    try:
        yield
    finally:
        for (network, name, _), before in zip(entries, own):
            delattr(network.module, name)
            if name in before:
                setattr(network.module, name, before[name])


def _entries(networks: list[Network]) -> Iterator[tuple[Network, str, Callable]]:
    """Yield each network with the name of an entry method and the method itself."""
    for network in networks:
        for name in _ENTRIES:
            method = getattr(network.module, name, None)
            if method is not None:
                yield network, name, method

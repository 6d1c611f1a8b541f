"""Recording the output of any module from outside."""

from contextlib import contextmanager
from typing import Iterator, Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils.checkpointing import require_gradient


@contextmanager
def capture_features(
    network: nn.Module, names: Sequence[str], store: dict[str, Tensor]
) -> Iterator[None]:
    """Record the output of some modules of a network while the block runs.

    Args:
        network (nn.Module): Any network.
        names (Sequence[str]): Dotted names of modules in it, such as 'backbone' or
            'head.deconv_layers'.
        store (dict[str, Tensor]): Receives name -> output; if there are several outputs the
            last, and if they are grouped in stages (MSPN) the last of the last stage.

    Raises:
        UserError: In a forward pass, if a module keeps no gradient because it is inside a
            checkpointed one.
    """
    has_gradient = torch.is_grad_enabled()

    def recorder(name: str):
        def hook(module: nn.Module, args: tuple, output) -> None:
            require_gradient(has_gradient, f'The feature {name!r}')
            while not isinstance(output, Tensor):
                output = output[-1]
            store[name] = output

        return hook

    modules = {name: network.get_submodule(name) for name in names}
    handles = [m.register_forward_hook(recorder(name)) for name, m in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()

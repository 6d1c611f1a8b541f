"""Whether a network starts from a checkpoint, and from which."""

from torch import nn


def is_pretrained(module: nn.Module) -> bool:
    """Whether the config of a module (its ``init_cfg``) names a checkpoint."""
    return bool(_checkpoints(module))


def start_of(network: nn.Module) -> str:
    """What a network's weights were before its training.

    Returns:
        str: What its modules loaded according to their ``start``, the checkpoints that its
        config names, or 'scratch'.
    """
    starts = []
    for module in network.modules():
        loaded = getattr(module, 'start', None)
        starts += [loaded] if isinstance(loaded, str) else _checkpoints(module)
    return ', '.join(dict.fromkeys(starts)) or 'scratch'


def _checkpoints(module: nn.Module) -> list[str]:
    inits = getattr(module, 'init_cfg', None) or ()
    inits = inits if isinstance(inits, (list, tuple)) else [inits]
    return [str(init['checkpoint']) for init in inits if init['type'] == 'Pretrained']

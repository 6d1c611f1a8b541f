"""Whether a network starts from a checkpoint."""

from torch import nn


def is_pretrained(module: nn.Module) -> bool:
    """Whether the config of a module (its ``init_cfg``) names a checkpoint."""
    inits = getattr(module, 'init_cfg', None) or ()
    inits = inits if isinstance(inits, (list, tuple)) else [inits]
    return any(init['type'] == 'Pretrained' for init in inits)

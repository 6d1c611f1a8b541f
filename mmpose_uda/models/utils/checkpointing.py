"""What cannot be recorded where gradient checkpointing is on."""

import torch

from mmpose_uda.errors import UserError


def require_gradient(is_wanted: bool, what: str) -> None:
    """Refuse to record inside a module whose gradient checkpointing drops gradients.

    Checkpointed modules run without them first, and once more in the backward pass, which
    is too late for a loss on what was recorded.

    Args:
        is_wanted (bool): Whether gradients are on around the network.
        what (str): What is recorded, for the sentence.

    Raises:
        UserError: They are off inside it.
    """
    if is_wanted and not torch.is_grad_enabled():
        raise UserError(
            f'{what} has no gradient, because it is inside a module of '
            '`activation_checkpointing` or `with_cp`: leave that module out of it.'
        )

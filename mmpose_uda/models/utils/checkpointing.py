"""A check that nothing is recorded inside a module with gradient checkpointing."""

import torch

from mmpose_uda.errors import UserError


def require_gradient(is_wanted: bool, what: str) -> None:
    """Refuse to record inside a module whose gradient checkpointing drops gradients.

    Checkpointed modules first run without gradients, and again in the backward pass, which
    is too late for a loss on what was recorded.

    Args:
        is_wanted (bool): Whether gradients are on around the network.
        what (str): What is recorded, for the message.

    Raises:
        UserError: Gradients are on around the network, but off inside the module.
    """
    if is_wanted and not torch.is_grad_enabled():
        raise UserError(
            f'{what} has no gradient, because it is inside a module with '
            '`activation_checkpointing` or `with_cp`: do not checkpoint that module.'
        )

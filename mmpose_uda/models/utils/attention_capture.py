"""Recording attention maps from outside a vision transformer."""

from contextlib import contextmanager
from typing import Iterator, Sequence

import torch
from torch import Tensor, nn

from mmpose_uda.models.utils.checkpointing import require_gradient


@contextmanager
def capture_attention(
    backbone: nn.Module, layers: Sequence[int]
) -> Iterator[dict[int, Tensor]]:
    """Record the attention of some layers while the block runs.

    The forward pass keeps its fused attention: the maps are computed a second time from
    the output of ``layer.attn.qkv``, with gradient, and only for ``layers``.

    Args:
        backbone (nn.Module): An mmpretrain ``VisionTransformer``.
        layers (Sequence[int]): Layer indices.

    Raises:
        UserError: In a forward pass, if a layer keeps no gradient because it is
            checkpointed.

    Yields:
        dict[int, Tensor]: After the forward pass, layer index -> [B, heads, L, L]; rows are
        queries and sum to one.
    """
    maps: dict[int, Tensor] = {}
    has_gradient = torch.is_grad_enabled()

    def recorder(index: int, num_heads: int):
        def hook(module: nn.Module, args: tuple, qkv: Tensor) -> None:
            require_gradient(has_gradient, f'The attention of layer {index}')
            batch, length, width = qkv.shape
            qkv = qkv.view(batch, length, 3, num_heads, width // (3 * num_heads))
            query, key, _ = qkv.permute(2, 0, 3, 1, 4)
            scale = query.shape[-1] ** -0.5
            logits = (query * scale) @ key.transpose(-2, -1)
            maps[index] = logits.float().softmax(dim=-1)

        return hook

    handles = []
    for index in layers:
        attention = backbone.layers[index].attn
        hook = recorder(index, attention.num_heads)
        handles.append(attention.qkv.register_forward_hook(hook))
    try:
        yield maps
    finally:
        for handle in handles:
            handle.remove()

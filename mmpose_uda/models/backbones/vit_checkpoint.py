"""Published checkpoints of vision transformers, converted to mmpretrain's names.

Supported are the layouts of facebookresearch/mae (pre-training with and without its
decoder), mmpretrain's MAE, ViTPose's own repository, and mmpose 1.x. State dicts that
already have mmpretrain's names are left unchanged.
"""

import re
from math import isqrt
from typing import NamedTuple, Optional

from mmpretrain.models.utils import resize_pos_embed
from torch import Tensor

from mmpose_uda.errors import UserError

_ENCODER = 'backbone.'
"""Prefix of the encoder's names in checkpoints of whole models."""

_NO_ENCODER = re.compile(
    r'(decoder_\w+|mask_token|head|fc_norm|neck|(associate_)?keypoint_heads?)(\.|$)'
)
"""Decoders from pre-training and heads of other tasks."""

_RENAMED = (
    (re.compile(r'^patch_embed\.proj\.'), 'patch_embed.projection.'),
    (re.compile(r'^blocks\.(\d+)\.norm([12])\.'), r'layers.\1.ln\2.'),
    (re.compile(r'^blocks\.(\d+)\.mlp\.fc1\.'), r'layers.\1.ffn.layers.0.0.'),
    (re.compile(r'^blocks\.(\d+)\.mlp\.fc2\.'), r'layers.\1.ffn.layers.1.'),
    (re.compile(r'^blocks\.'), 'layers.'),
    (re.compile(r'^(last_)?norm\.'), 'ln1.'),
)


class EncoderState(NamedTuple):
    """What a checkpoint holds for the encoder.

    Args:
        weights (dict[str, Tensor]): Weights under mmpretrain's names.
        dropped (list[str]): The checkpoint's names of weights outside the encoder.
    """

    weights: dict[str, Tensor]
    dropped: list[str]


def read_encoder(state_dict: dict[str, Tensor], with_cls_token: bool) -> EncoderState:
    """Select and rename the weights of the encoder.

    Args:
        state_dict (dict[str, Tensor]): Of an encoder, or of a model with a ``backbone``;
            or a whole file of facebookresearch/mae, which has it under 'model'.
        with_cls_token (bool): Whether the network has a class token; if not, that of the
            checkpoint is dropped.

    Returns:
        EncoderState: Positions keep the checkpoint's grid (:func:`fit_positions`), and
        the row of its class token if that is kept.
    """
    state_dict = state_dict.get('model', state_dict)
    inside = any(name.startswith(_ENCODER) for name in state_dict)
    weights, dropped = {}, []
    for name, value in state_dict.items():
        short = name.removeprefix(_ENCODER) if inside else name
        if (inside and short == name) or _NO_ENCODER.match(short):
            dropped.append(name)
            continue
        for pattern, replacement in _RENAMED:
            short, found = pattern.subn(replacement, short)
            if found:
                break
        weights[short] = value
    if 'last_norm' in {name.removeprefix(_ENCODER).split('.')[0] for name in state_dict}:
        # ViTPose has no class token, but adds the first row to the position of each patch.
        position = weights['pos_embed']
        weights['pos_embed'] = position[:, 1:] + position[:, :1]
    if 'cls_token' in weights and not with_cls_token:
        weights['pos_embed'] = weights['pos_embed'][:, 1:]
        del weights['cls_token']
        dropped.append('cls_token')
    return EncoderState(weights, dropped)


def fit_positions(
    position: Tensor, grid: tuple[int, int], num_extra_tokens: int, mode: str
) -> Tensor:
    """Resize a position embedding to another grid of patches.

    Args:
        position (Tensor): [1, E + L, C] from a checkpoint, E extra tokens first. For a
            network without a class token (E = 0), one surplus row is taken for that of a
            class token and dropped, as mmpretrain does.
        grid (tuple[int, int]): Rows and columns of the network.
        num_extra_tokens (int): E of the network.
        mode (str): Interpolation, such as 'bicubic'.

    Returns:
        Tensor: [1, E + rows * columns, C]; the same tensor if the grids are the same.

    Raises:
        UserError: The checkpoint's grid does not follow from its number of positions, or
            it has no position for the class token.
    """
    length = position.shape[1]
    old = _grid_of(length - num_extra_tokens, grid)
    if old is None and num_extra_tokens == 0:
        old = _grid_of(length - 1, grid)
        position = position[:, 1:]
    if old is None:
        raise UserError(
            f'MaskedVisionTransformer: {length} positions of the checkpoint fit neither a '
            f'square grid, nor a 4:3 grid (ViTPose), nor {grid[0]} x {grid[1]} patches '
            f'with {num_extra_tokens} class tokens: set img_size, patch_size and '
            'with_cls_token to the values that it was trained with.'
        )
    return resize_pos_embed(position, old, grid, mode, num_extra_tokens)


def _grid_of(count: int, own: tuple[int, int]) -> Optional[tuple[int, int]]:
    """Rows and columns of ``count`` patches: ``own``, a square, or upright 4:3."""
    if count == own[0] * own[1]:
        return own
    side = isqrt(max(count, 0))
    if side and side**2 == count:
        return side, side
    third = isqrt(max(count, 0) // 12)
    if third and 12 * third**2 == count:
        return 4 * third, 3 * third
    return None


def convert_in_place(
    state_dict: dict[str, Tensor], prefix: str, with_cls_token: bool
) -> list[str]:
    """Apply :func:`read_encoder` to a state dict's names that begin with ``prefix``.

    Returns:
        list[str]: Names of the weights that were dropped.
    """
    own = {
        name.removeprefix(prefix): state_dict.pop(name)
        for name in list(state_dict)
        if name.startswith(prefix)
    }
    weights, dropped = read_encoder(own, with_cls_token)
    state_dict.update({prefix + name: value for name, value in weights.items()})
    return dropped

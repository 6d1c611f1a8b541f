"""Carrying points and maps from one view of an image to another."""

from collections.abc import Sequence

import numpy as np
import torch
from mmpose.utils.typing import SampleList
from torch import Tensor
from torch.nn import functional as F

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils.constants import constant, constant_index


def stack_warp_mats(data_samples: SampleList, like: Tensor) -> Tensor:
    """The image-to-crop matrices of a batch as [B, 3, 3] on the device of ``like``.

    Raises:
        UserError: A sample has none.
    """
    if not all('warp_mat' in sample.metainfo for sample in data_samples):
        raise UserError(
            'A view has no `warp_mat`, which relates it to other views: let the pipelines '
            "of target views crop with 'TopdownAffine3D', mirror (if at all) with "
            "'RandomFlip3D', and end with 'PackPoseView'."
        )
    mats = torch.from_numpy(np.stack([s.metainfo['warp_mat'] for s in data_samples]))
    mats = mats.to(like)
    last_row = constant((0.0, 0.0, 1.0), like).expand(len(mats), 1, 3)
    return torch.cat([mats, last_row], dim=1)


def exact_product(first: Tensor, second: Tensor) -> Tensor:
    """Matrix product [..., n, p] of [..., n, m] and [..., m, p], in their own precision.

    In mixed precision ``@`` computes in bf16, which rounds 200.5 px to 200.
    """
    return (first.unsqueeze(-1) * second.unsqueeze(-3)).sum(-2)


def invert_affine(matrices: Tensor) -> Tensor:
    """Invert affine [B, 3, 3], without ``torch.linalg.inv``'s wait for its error check."""
    linear, shift = matrices[:, :2, :2], matrices[:, :2, 2:]
    (a, b), (c, d) = linear.permute(1, 2, 0)
    adjugate = torch.stack([d, -b, -c, a], dim=-1).unflatten(-1, (2, 2))
    inverse = adjugate / (a * d - b * c).view(-1, 1, 1)
    top = torch.cat([inverse, -exact_product(inverse, shift)], dim=-1)
    return torch.cat([top, matrices[:, 2:]], dim=1)


def between_views(warp_from: Tensor, warp_to: Tensor) -> Tensor:
    """Crop-to-crop matrices ``warp_to @ inverse(warp_from)``, [B, 3, 3]."""
    return exact_product(warp_to, invert_affine(warp_from))


def between_cells(matrices: Tensor, step: float) -> Tensor:
    """Convert matrices [B, 3, 3] between px of crops to ones between cells that tile these.

    Args:
        matrices (Tensor): From px of one crop to px of another, [B, 3, 3].
        step (float): Side of a cell, px; the middle of the first is at (step - 1) / 2 px.
    """
    linear, shift = matrices[:, :2, :2], matrices[:, :2, 2:]
    first = (step - 1) / 2
    shift = (first * linear.sum(2, keepdim=True) + shift - first) / step
    top = torch.cat([linear, shift], dim=2)
    return torch.cat([top, matrices[:, 2:]], dim=1)


def transform_points(points: Tensor, matrices: Tensor) -> Tensor:
    """Move x and y of ``points`` [B, K, A] by ``matrices`` [B, 3, 3].

    Further coordinates (depth relative to the root) are not changed by an in-plane
    affine and pass through.
    """
    linear, shift = matrices[:, :2, :2], matrices[:, :2, 2]
    moved = exact_product(points[..., :2], linear.transpose(1, 2)) + shift.unsqueeze(1)
    return torch.cat([moved, points[..., 2:]], dim=-1)


def turned_about_middle(
    size: tuple[int, int], angles: Tensor, scales: Tensor, mirrored: bool = False
) -> Tensor:
    """Affine maps that rotate, scale and mirror images about their middle.

    Args:
        size (tuple[int, int]): Width and height, px.
        angles (Tensor): Angles of rotation, radians, [B].
        scales (Tensor): Scale factors, [B].
        mirrored (bool): Whether left and right are exchanged first.

    Returns:
        Tensor: [B, 3, 3].
    """
    middle = (constant(size, angles) - 1) / 2
    cos, sin = scales * angles.cos(), scales * angles.sin()
    side = -1.0 if mirrored else 1.0
    linear = torch.stack([side * cos, -sin, side * sin, cos], dim=1).unflatten(1, (2, 2))
    middle = middle.view(2, 1)
    top = torch.cat([linear, middle - exact_product(linear, middle)], dim=2)
    last_row = constant((0.0, 0.0, 1.0), angles).expand(len(angles), 1, 3)
    return torch.cat([top, last_row], dim=1)


def swap_where_mirrored(
    values: Tensor, matrices: Tensor, flip_indices: Sequence[int]
) -> Tensor:
    """Exchange left and right keypoints of the samples that a matrix mirrors.

    Args:
        values (Tensor): [B, K, ...], indexed by keypoint.
        matrices (Tensor): [B, 3, 3]; a negative determinant mirrors.
        flip_indices (Sequence[int]): Keypoint that each keypoint becomes in a mirror.

    Returns:
        Tensor: Same shape as ``values``.
    """
    (a, b), (c, d) = matrices[:, :2, :2].permute(1, 2, 0)
    mirrored = a * d < b * c
    mirrored = mirrored.view(-1, *[1] * (values.dim() - 1))
    return torch.where(mirrored, values[:, constant_index(flip_indices, values)], values)


def warp_maps(maps: Tensor, matrices: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample maps from one view into another; outside is 0.

    Meant for soft masks and maps of positions. Predicted points are moved by
    :func:`transform_points` instead, which loses nothing.

    Args:
        maps (Tensor): [B, C, h, w].
        matrices (Tensor): [B, 3, 3], from pixels of ``maps`` to pixels of the result.
        size (tuple[int, int]): Height H and width W of the result.

    Returns:
        Tensor: [B, C, H, W].
    """
    height, width = size
    rows = torch.arange(height, device=maps.device, dtype=matrices.dtype)
    cols = torch.arange(width, device=maps.device, dtype=matrices.dtype)
    y, x = torch.meshgrid(rows, cols, indexing='ij')
    pixels = torch.stack([x, y], dim=-1).flatten(0, 1)
    pixels = pixels.expand(len(maps), -1, -1)
    source = transform_points(pixels, invert_affine(matrices))
    source_size = constant((maps.shape[-1], maps.shape[-2]), source)
    grid = (2 * source + 1) / source_size - 1
    grid = grid.unflatten(1, (height, width)).to(maps.dtype)
    return F.grid_sample(maps, grid, mode='bilinear', align_corners=False)

"""Bones of poses: their lengths, and the angles between them."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import torch
from torch import Tensor

from mmpose_uda.models.utils.constants import constant, constant_index

Bones = tuple[tuple[int, int], ...]
"""Pairs of keypoints."""

_TINY = 1e-12  # added to squared lengths, so that a norm of 0 has a gradient
_STEPS = 8


@lru_cache
def joined_bones(bones: Bones) -> tuple[tuple[int, int, int], ...]:
    """All pairs of bones that share a keypoint.

    Returns:
        tuple: For each pair both indices, the smaller first, and the sign that turns their
        inner product into that of bones pointing away from the shared keypoint.
    """
    found = []
    for (i, one), (j, other) in combinations(enumerate(bones), 2):
        shared = set(one) & set(other)
        if len(shared) == 1:
            (keypoint,) = shared
            same_end = one.index(keypoint) == other.index(keypoint)
            found.append((i, j, 1 if same_end else -1))
    return tuple(found)


@lru_cache
def mirrored_bones(bones: Bones, flip_indices: tuple[int, ...]) -> Bones:
    """Indices of each bone and its mirror image, if that is another bone."""
    places = {frozenset(bone): i for i, bone in enumerate(bones)}
    mirrored = (
        places.get(frozenset(flip_indices[keypoint] for keypoint in bone)) for bone in bones
    )
    return tuple((i, j) for i, j in enumerate(mirrored) if j is not None and i < j)


def bone_vectors(points: Tensor, bones: Bones) -> Tensor:
    """Vectors from the first end of bones to the second: points [B, K, A] -> [B, N, A]."""
    starts, ends = (constant_index(of_all, points) for of_all in zip(*bones))
    return points[:, ends] - points[:, starts]


def bone_lengths(points: Tensor, bones: Bones) -> Tensor:
    """Lengths of bones: points [B, K, A] -> [B, N]."""
    return (bone_vectors(points, bones).square().sum(-1) + _TINY).sqrt()


def relative_lengths(points: Tensor, bones: Bones, counted: Tensor) -> Tensor:
    """Lengths of bones as shares of their mean in the same pose, whatever its size.

    Args:
        points (Tensor): [B, K, A].
        bones (Bones): N pairs.
        counted (Tensor): Which bones count in the mean, 1 or 0, [N] or [B, N].

    Returns:
        Tensor: [B, N].
    """
    lengths = bone_lengths(points, bones)
    total = (lengths * counted).sum(-1, keepdim=True)
    mean = total / counted.sum(-1, keepdim=True).clamp_min(1)
    return lengths / mean.clamp_min(_TINY)


def bone_cosines(points: Tensor, bones: Bones) -> Tensor:
    """Cosines of the angles between :func:`joined_bones`: 1 is folded, -1 is straight.

    Args:
        points (Tensor): [B, K, A].
        bones (Bones): Bones with M joined pairs.

    Returns:
        Tensor: [B, M].
    """
    first, second, signs = _columns(joined_bones(bones))
    vectors = bone_vectors(points, bones)
    directions = vectors / (vectors.square().sum(-1, keepdim=True) + _TINY).sqrt()
    first, second = (directions[:, constant_index(i, points)] for i in (first, second))
    return (first * second).sum(-1) * constant(signs, points)


def keypoints_to_bones(values: Tensor, bones: Bones) -> Tensor:
    """The smaller value of both ends of each bone, [..., K] -> [..., N]."""
    starts, ends = (constant_index(of_all, values) for of_all in zip(*bones))
    return torch.minimum(values[..., starts], values[..., ends])


def keypoints_to_joints(values: Tensor, bones: Bones) -> Tensor:
    """The smaller value of both bones of each joint, [..., K] -> [..., M]."""
    first, second, _ = _columns(joined_bones(bones))
    of_bones = keypoints_to_bones(values, bones)
    first, second = (of_bones[..., constant_index(i, values)] for i in (first, second))
    return torch.minimum(first, second)


def _columns(joints: tuple) -> tuple:
    """First indices, second indices and signs; all empty if no bones are joined."""
    return tuple(zip(*joints)) or ((), (), ())


def lift_to_total(points: Tensor, bones: Sequence, total: Tensor) -> Tensor:
    """Poses whose bones add up to a length, under weak perspective.

    :func:`mmpose_uda.codecs.lift_root_relative` on the device, with gradient: the scale s
    of x and y solves sum_b sqrt(s^2 |xy_b|^2 + z_b^2) = total by Newton's method, whose
    last step is taken with gradient and so has the gradient of the solution (the implicit
    function theorem).

    Args:
        points (Tensor): [B, K, 3], px and mm.
        bones (Bones): Pairs of keypoints.
        total (Tensor): Length of all bones, mm, a scalar or [B].

    Returns:
        Tensor: [B, K, 3], mm; x and y keep their origin. If the depths alone exceed
        ``total``, the result is finite but longer.
    """
    vectors = bone_vectors(points, bones)
    lateral = vectors[..., :2].square().sum(-1)
    depth = vectors[..., 2].square()
    with torch.no_grad():
        scale = total / (lateral + _TINY).sqrt().sum(-1).clamp_min(1e-6)
        for _ in range(_STEPS):
            step = _newton_step(scale, lateral, depth, total)
            # a step beyond the minimum means that there is no solution
            scale = torch.where(step < scale, scale - step, 0.5 * scale)
    step = _newton_step(scale, lateral, depth, total)
    scale = torch.where(step.detach() < scale, scale - step, 0.5 * scale)
    return torch.cat([points[..., :2] * scale[:, None, None], points[..., 2:]], dim=-1)


def _newton_step(scale: Tensor, lateral: Tensor, depth: Tensor, total: Tensor) -> Tensor:
    """Newton's step for scales [B]; the slope's gradient cancels at the solution."""
    squared = lateral * scale.square().unsqueeze(-1)
    lengths = (squared + depth + _TINY).sqrt()
    slope = (squared / lengths).sum(-1).detach() / scale.clamp_min(1e-6)
    return (lengths.sum(-1) - total) / slope.clamp_min(1e-6)

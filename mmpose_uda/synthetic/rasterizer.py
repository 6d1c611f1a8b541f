"""Rasterise triangle meshes to per-pixel surfaces, in NumPy.

Made for skins of small triangles: all pixels of all triangles' boxes are tested at
once, and triangles are written from far to near, so that depth order is correct to
within the size of a triangle.
"""

from dataclasses import dataclass

import numpy as np

NEAR = 40.0  # mm; triangles nearer to the camera are left out


@dataclass
class Fragments:
    """The visible surface, one entry per covered pixel.

    Args:
        index (np.ndarray): Flat pixel index (row-major) [P].
        face (np.ndarray): Index of the visible triangle [P].
        barycentric (np.ndarray): Weights of its three vertices [P, 3] float32.
    """

    index: np.ndarray
    face: np.ndarray
    barycentric: np.ndarray

    def interpolate(self, values: np.ndarray, faces: np.ndarray) -> np.ndarray:
        """Interpolate vertex attributes [V, C] or [V] at the pixels: [P, C] or [P]."""
        corners = values.take(faces[self.face], axis=0)
        return np.einsum('pk...,pk->p...', corners, self.barycentric)


def rasterize(uv: np.ndarray, depth: np.ndarray, faces: np.ndarray, size: int) -> Fragments:
    """Find the visible triangle of each pixel of a square image.

    Args:
        uv (np.ndarray): Projected vertices [V, 2] in px; pixel centres are integers.
        depth (np.ndarray): Depth of the vertices [V] in mm.
        faces (np.ndarray): Triangles [F, 3], counter-clockwise seen from outside.
        size (int): Width and height of the image in px.
    """
    # One flat array per quantity, since NumPy is slow on short rows.
    u, v = uv.astype(np.float32).T.copy()
    depth = depth.astype(np.float32)
    corners = faces.T.copy()
    (ua, ub, uc), (va, vb, vc) = u[corners], v[corners]
    far = depth[corners]
    # The y axis points down, so front faces turn clockwise on the screen.
    area = (ub - ua) * (vc - va) - (vb - va) * (uc - ua)
    left = np.ceil(np.clip(np.minimum(np.minimum(ua, ub), uc), 0, size))
    right = np.floor(np.clip(np.maximum(np.maximum(ua, ub), uc), -1, size - 1))
    top = np.ceil(np.clip(np.minimum(np.minimum(va, vb), vc), 0, size))
    bottom = np.floor(np.clip(np.maximum(np.maximum(va, vb), vc), -1, size - 1))
    near = np.minimum(np.minimum(far[0], far[1]), far[2])
    seen = np.flatnonzero(
        (area < -1e-6) & (left <= right) & (top <= bottom) & (near > NEAR)
    )
    seen = seen[np.argsort(-(far[0] + far[1] + far[2])[seen], kind='stable')]

    # The weights of b and c are affine in the pixel's offset from the box's corner.
    ua, ub, uc, va, vb, vc, left, top = (
        x[seen] for x in (ua, ub, uc, va, vb, vc, left, top)
    )
    inverse = 1 / area[seen]
    b_x, b_y = (vc - va) * inverse, (ua - uc) * inverse
    c_x, c_y = (va - vb) * inverse, (ub - ua) * inverse
    plane = np.stack(
        [
            b_x,
            b_y,
            (left - ua) * b_x + (top - va) * b_y,
            c_x,
            c_y,
            (left - ua) * c_x + (top - va) * c_y,
        ],
        axis=1,
    )
    width = (right[seen] - left + 1).astype(np.int32)
    count = width * (bottom[seen] - top + 1).astype(np.int32)
    first = np.cumsum(count) - count
    corner = top.astype(np.int32) * size + left.astype(np.int32)

    # Every pixel of every triangle's box.
    local = np.repeat(np.arange(len(seen)), count)
    step = np.arange(len(local), dtype=np.int32) - first.astype(np.int32)[local]
    width = width[local]
    row = step // width
    column = step - row * width
    plane = plane.take(local, axis=0)
    weight_b = plane[:, 0] * column + plane[:, 1] * row + plane[:, 2]
    weight_c = plane[:, 3] * column + plane[:, 4] * row + plane[:, 5]
    inside = np.flatnonzero((weight_b >= 0) & (weight_c >= 0) & (weight_b + weight_c <= 1))
    pixel = corner[local[inside]] + row[inside] * size + column[inside]
    # Of several values for one pixel the last is kept, which is the nearest triangle.
    winner = np.full(size * size, -1, dtype=np.int64)
    winner[pixel] = inside
    index = np.flatnonzero(winner >= 0)
    kept = winner[index]
    weight_b, weight_c = weight_b[kept], weight_c[kept]
    barycentric = np.stack([1 - weight_b - weight_c, weight_b, weight_c], axis=1)
    return Fragments(index, seen[local[kept]], barycentric.astype(np.float32))

"""Triangle meshes to per-pixel surfaces, in NumPy.

Made for skins of small triangles: all pixels of all triangles' boxes are tested at
once, and triangles are written from far to near, which orders depth to within the
size of a triangle.
"""
from dataclasses import dataclass

import numpy as np

NEAR = 40.  # mm; triangles nearer to the camera are left out


@dataclass
class Fragments:
    """The visible surface, one entry a covered pixel.

    Args:
        index (np.ndarray): Flat pixel index (row-major) [P].
        face (np.ndarray): Visible triangle [P].
        barycentric (np.ndarray): Weights of its three vertices [P, 3] float32.
    """
    index: np.ndarray
    face: np.ndarray
    barycentric: np.ndarray

    def interpolate(self, values: np.ndarray, faces: np.ndarray) -> np.ndarray:
        """Vertex attributes [V, C] or [V] at the pixels, [P, C] or [P]."""
        corners = values[faces[self.face]]
        return np.einsum('pk...,pk->p...', corners, self.barycentric)


def rasterize(uv: np.ndarray, depth: np.ndarray, faces: np.ndarray,
              size: int) -> Fragments:
    """Find the visible triangle of each pixel of a square image.

    Args:
        uv (np.ndarray): Projected vertices [V, 2] in px, pixel centres integer.
        depth (np.ndarray): Depth of the vertices [V] in mm.
        faces (np.ndarray): Triangles [F, 3], counter-clockwise seen from outside.
        size (int): Width and height of the image in px.
    """
    uv = uv.astype(np.float32)
    a, b, c = (uv[faces[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    # The y axis points down: front faces turn clockwise on the screen.
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    low = np.ceil(np.minimum(np.minimum(a, b), c)).clip(0, size).astype(np.int32)
    high = np.floor(np.maximum(np.maximum(a, b), c)).clip(-1, size - 1).astype(
        np.int32)
    extent = high - low + 1
    near = depth[faces].min(axis=1)
    seen = np.flatnonzero(
        (area < -1e-6) & (extent > 0).all(axis=1) & (near > NEAR))
    seen = seen[np.argsort(-depth[faces[seen]].sum(axis=1), kind='stable')]
    low, extent = low[seen], extent[seen]
    count = extent[:, 0] * extent[:, 1]
    local = np.repeat(np.arange(len(seen), dtype=np.int32), count)
    step = np.arange(len(local), dtype=np.int32) - np.repeat(
        (np.cumsum(count) - count).astype(np.int32), count)
    row = step // extent[local, 0]
    column = step - row * extent[local, 0]

    # Barycentric weights of b and c are affine in the pixel's offset from `low`.
    a, ab, ac, inverse = a[seen], ab[seen], ac[seen], 1 / area[seen]
    start = low - a
    plane = np.stack([
        ac[:, 1] * inverse, -ac[:, 0] * inverse,
        (start[:, 0] * ac[:, 1] - start[:, 1] * ac[:, 0]) * inverse,
        -ab[:, 1] * inverse, ab[:, 0] * inverse,
        (start[:, 1] * ab[:, 0] - start[:, 0] * ab[:, 1]) * inverse], axis=1)
    plane = plane[local]
    weight_b = plane[:, 0] * column + plane[:, 1] * row + plane[:, 2]
    weight_c = plane[:, 3] * column + plane[:, 4] * row + plane[:, 5]
    inside = np.flatnonzero(
        (weight_b >= 0) & (weight_c >= 0) & (weight_b + weight_c <= 1))
    pixel = (row + low[local, 1])[inside] * size + (column + low[local, 0])[inside]
    # Of several values for one pixel the last stays, which is the nearest triangle.
    winner = np.full(size * size, -1, dtype=np.int64)
    winner[pixel] = inside
    index = np.flatnonzero(winner >= 0)
    kept = winner[index]
    weight_b, weight_c = weight_b[kept], weight_c[kept]
    barycentric = np.stack([1 - weight_b - weight_c, weight_b, weight_c], axis=1)
    return Fragments(index, seen[local[kept]], barycentric)

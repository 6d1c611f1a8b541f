"""A smooth skin around bones: a mesh of blended round cones, built once."""

import numpy as np
from scipy.sparse import csr_matrix
from skimage.measure import marching_cubes


class RoundCones:
    """Spheres swept along segments with linearly changing radius."""

    def __init__(self) -> None:
        self.bones, self.starts, self.ends, self.radii = [], [], [], []

    def add(self, bone: int, start, end, radii) -> None:
        """Add a cone that moves with `bone`; ends and radii are in mm."""
        self.bones.append(bone)
        self.starts.append(start)
        self.ends.append(end)
        self.radii.append(radii)

    def distances(self, points: np.ndarray) -> np.ndarray:
        """Signed distances [P, C] of points [P, 3] to each cone (mm)."""
        out = np.empty((len(points), len(self.bones)), dtype=np.float32)
        for i, (a, b, (r0, r1)) in enumerate(zip(self.starts, self.ends, self.radii)):
            axis = np.asarray(b, float) - a
            offset = points - a
            t = np.clip(offset @ axis / (axis @ axis), 0, 1)
            out[:, i] = np.linalg.norm(offset - t[:, None] * axis, axis=1) - (
                r0 + t * (r1 - r0)
            )
        return out


class SkinnedMesh:
    """Triangle mesh of the smooth union of cones, with weights by which it follows bones.

    Args:
        cones (RoundCones): Flesh in the rest pose.
        origins (np.ndarray): Rest origin of each bone [B, 3] (mm).
        spacing (float): Edge of the sampling grid (mm), about the triangles' size.
        blend (float): Width of the blend between cones (mm).
        skin_blend (float): Width of the blend between bones (mm).
    """

    def __init__(
        self,
        cones: RoundCones,
        origins: np.ndarray,
        spacing: float = 4.2,
        blend: float = 2.0,
        skin_blend: float = 2.2,
    ) -> None:
        ends = np.concatenate([cones.starts, cones.ends])
        radii = np.concatenate([np.array(cones.radii)[:, 0], np.array(cones.radii)[:, 1]])[
            :, None
        ]
        low = (ends - radii).min(axis=0) - 2 * spacing
        high = (ends + radii).max(axis=0) + 2 * spacing
        axes = [np.arange(lo, hi, spacing) for lo, hi in zip(low, high)]
        grid = np.stack(np.meshgrid(*axes, indexing='ij'), axis=-1)
        field = _smooth_min(cones.distances(grid.reshape(-1, 3)), blend)
        vertices, faces, _, _ = marching_cubes(
            field.reshape(grid.shape[:3]), 0.0, spacing=(spacing,) * 3
        )
        vertices = vertices + low
        a, b, c = (vertices[faces[:, i]] for i in range(3))
        if (a * np.cross(b, c)).sum() < 0:  # faces turn counter-clockwise outside
            faces = faces[:, ::-1]
        self.vertices = vertices.astype(np.float32)
        self.faces = np.ascontiguousarray(faces, dtype=np.int32)
        self.normals = self._gradient(cones, blend)
        distances = cones.distances(self.vertices)
        weights = np.zeros((len(vertices), len(origins)), dtype=np.float32)
        pull = np.exp(-(distances - distances.min(axis=1, keepdims=True)) / skin_blend)
        for i, bone in enumerate(cones.bones):
            weights[:, bone] = np.maximum(weights[:, bone], pull[:, i])
        self.nearest_bone = weights.argmax(axis=1)
        # Four bones per vertex are enough, and make posing cheap.
        weights[weights < np.sort(weights, axis=1)[:, -4:-3]] = 0
        weights /= weights.sum(axis=1, keepdims=True)
        self.weights = csr_matrix(weights)
        self.origins = origins

    def _gradient(self, cones, blend):
        """Outward unit normals [V, 3] from the distance field."""
        step = 0.5 * np.eye(3)
        gradient = np.stack(
            [
                _smooth_min(cones.distances(self.vertices + d), blend)
                - _smooth_min(cones.distances(self.vertices - d), blend)
                for d in step
            ],
            axis=1,
        )
        return unit(gradient).astype(np.float32)

    def pose(self, linear: np.ndarray, origins: np.ndarray):
        """Vertices [V, 3] and unit normals [V, 3] after moving the bones.

        Args:
            linear (np.ndarray): Linear part of each bone's motion [B, 3, 3].
            origins (np.ndarray): New origins of the bones [B, 3] (mm).
        """
        shift = origins - np.einsum('bij,bj->bi', linear, self.origins)
        motion = np.concatenate([linear.reshape(-1, 9), shift], axis=1)
        blended = self.weights @ motion.astype(np.float32)
        matrix = blended[:, :9].reshape(-1, 3, 3)
        vertices = np.einsum('vij,vj->vi', matrix, self.vertices) + blended[:, 9:]
        normals = np.einsum('vij,vj->vi', matrix, self.normals)
        return vertices, unit(normals)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors [..., 3] scaled to length one."""
    length = np.sqrt(np.einsum('...i,...i->...', vectors, vectors))
    return vectors * (1 / np.maximum(length, 1e-9))[..., None]


def _smooth_min(distances, blend):
    """Soft minimum [P] over the last axis of distances [P, C]."""
    low = distances.min(axis=1)
    return low - blend * np.log(np.exp((low[:, None] - distances) / blend).sum(1))

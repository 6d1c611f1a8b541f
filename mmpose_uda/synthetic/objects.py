"""Objects that hide parts of a body (balls, cans, boxes, pens) or carry it."""

import numpy as np

from .ground import Ground
from .skinned_mesh import unit
from .surface import Part

# Least and greatest half-axes (mm), and roundness: 1 is an ellipsoid, near 0 has edges.
KINDS = dict(
    ball=((14, 14, 14), (32, 32, 32), (1.0, 1.0)),
    can=((35, 12, 12), (60, 28, 28), (0.15, 1.0)),
    box=((22, 12, 6), (55, 32, 20), (0.15, 0.15)),
    pen=((50, 4.5, 4.5), (75, 7, 7), (0.3, 1.0)),
)


def random_object(
    rng: np.random.Generator, centre: np.ndarray, axes: np.ndarray, scale: float = 1.0
) -> Part:
    """Draw an object of a random kind and size.

    Args:
        rng (np.random.Generator): Source of randomness.
        centre (np.ndarray): Its centre [3] in mm, camera coordinates.
        axes (np.ndarray): Rotation [3, 3]; the long axis is the first column.
        scale (float): Factor on its size, 1 for objects that a hand holds.
    """
    low, high, roundness = KINDS[str(rng.choice(list(KINDS)))]
    size = scale * (np.array(low) + rng.random() * (np.array(high) - low))
    return _part(size, roundness, axes, centre)


def carrier(rng: np.random.Generator, ground: Ground, view: np.ndarray, mm: float) -> Part:
    """Draw the bench under a body, reaching the floor or not, or the bar it hangs from.

    Args:
        rng (np.random.Generator): Source of randomness.
        ground (Ground): The floor, and where the body is carried.
        view (np.ndarray): Axes of the body's world as columns [3, 3], y up.
        mm (float): Drawn mm per mm of a real body.
    """
    if ground.carrier == 'bar':
        thick = mm * rng.uniform(14, 26)
        size, centre = np.array([mm * rng.uniform(450, 900), thick, thick]), ground.carried
        return _part(size, (0.15, 1.0), view, centre)
    height = (ground.carried - ground.point) @ ground.up
    half = 0.5 * height if rng.random() < 0.5 else mm * rng.uniform(25, 60)
    wide, deep = mm * rng.uniform(170, 380), mm * rng.uniform(150, 420)
    size = np.array([wide, max(half, mm * 10), deep])
    centre = ground.carried - size[1] * ground.up - mm * rng.uniform(-40, 120) * view[:, 2]
    return _part(size, (0.12, 0.12), view, centre)


def held_bar(rng: np.random.Generator, hands: np.ndarray, mm: float) -> Part:
    """Draw a bar or stick through both hands [2, 3].

    Args:
        rng (np.random.Generator): Source of randomness.
        hands (np.ndarray): Places of the hands [2, 3] in mm.
        mm (float): Drawn mm per mm of a real body.
    """
    along = hands[1] - hands[0]
    apart = np.linalg.norm(along)
    along = along / max(apart, 1e-6)
    across = np.cross(along, (0.3, 0.5, 0.8))
    across /= np.linalg.norm(across)
    axes = np.stack([along, across, np.cross(along, across)], axis=1)
    thick = mm * rng.uniform(12, 30)
    size = np.array([0.5 * apart + mm * rng.uniform(60, 500), thick, thick])
    return _part(size, (0.15, 1.0), axes, hands.mean(axis=0))


def _part(size: np.ndarray, roundness: tuple, axes: np.ndarray, centre: np.ndarray) -> Part:
    """A superquadric with half-axes [3] along the columns of `axes` [3, 3]."""
    vertices, normals, faces = superquadric(size, *roundness)
    return Part(
        (vertices @ axes.T + centre).astype(np.float32),
        (normals @ axes.T).astype(np.float32),
        faces,
        np.pad(vertices, ((0, 0), (0, 1))),
    )


def superquadric(size, along: float, around: float, rows: int = 22, columns: int = 32):
    """Make a closed surface between a box, a cylinder and an ellipsoid, long axis x.

    Returns:
        tuple: vertices [V, 3] in mm, outward normals [V, 3] and faces [F, 3].
    """
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows)[:, None]
    longitude = np.linspace(-np.pi, np.pi, columns, endpoint=False)[None]

    def power(value, exponent):
        return np.sign(value) * np.abs(value) ** exponent

    def surface(e0, e1):
        ring = power(np.cos(latitude), e0)
        return np.stack(
            np.broadcast_arrays(
                power(np.sin(latitude), e0),
                ring * power(np.cos(longitude), e1),
                ring * power(np.sin(longitude), e1),
            ),
            axis=-1,
        )

    vertices = (surface(along, around) * size).reshape(-1, 3)
    normals = unit((surface(2 - along, 2 - around) / size).reshape(-1, 3))
    index = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], right[:-1], right[1:], index[1:]
    faces = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    v0, v1, v2 = (vertices[faces[:, i]] for i in range(3))
    if (v0 * np.cross(v1, v2)).sum() < 0:
        faces = faces[:, ::-1]
    return vertices.astype(np.float32), normals, faces.astype(np.int32)

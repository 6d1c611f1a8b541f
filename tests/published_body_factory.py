"""Public data sets of people with 3D and a camera as they are on the disk, tiny and drawn.

As in :mod:`published_factory`, each function writes one and returns what it wrote.
"""

from pathlib import Path

import cv2
import numpy as np

# by the list of h36m2coco.py, with the names of 'human17'
H36M_JOINTS = [
    'root', 'right_hip', 'right_knee', 'right_foot', 'left_hip', 'left_knee', 'left_foot',
    'spine', 'thorax', 'neck_base', 'head', 'left_shoulder', 'left_elbow', 'left_wrist',
    'right_shoulder', 'right_elbow', 'right_wrist',
]  # fmt: skip


def encoded(size, extension: str = '.jpg') -> bytes:
    """A plain image: quick to write and to read."""
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    return cv2.imencode(extension, image)[1].tobytes()


def write_bytes(path, content: bytes) -> None:
    """A file, with the folders that it needs."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def drawn_person(rng, count: int, distance: float = 4.0, around=(0.0, 0.0)) -> np.ndarray:
    """Points [count, 3] in m of the camera's frame, a metre or so about a place."""
    middle = np.array([around[0] * distance, around[1] * distance, distance])
    return middle + rng.uniform([-0.5, -0.8, -0.4], [0.5, 0.8, 0.4], (count, 3))


def square_about(pixels, size) -> np.ndarray:
    """1.5 times the part in the image, moved into it, in the tests' own words; xyxy."""
    pixels = np.clip(pixels, 0, np.array(size) - 1)
    (left, upper), (right, lower) = pixels.min(0), pixels.max(0)
    side = min(round(1.5 * max(right - left, lower - upper)), *size)
    corner = []
    for middle, extent in (((left + right) / 2, size[0]), ((upper + lower) / 2, size[1])):
        first = round(middle - side / 2)
        corner.append(0 if first < 0 else extent - side if first + side > extent else first)
    return np.array([*corner, corner[0] + side - 1, corner[1] + side - 1])


def write_human36m_mmpose(root, fps: int = 50, count: int = 130) -> dict[str, dict]:
    """Human3.6M of mmpose: one recording a subject, so many frames long.

    Returns:
        dict: Of 'train' and 'test' the arrays of the file; ``S`` projects to ``part``
        through a lens that distorts.
    """
    rng = np.random.default_rng(30)
    focal, middle = np.array([1145.0, 1143.8]), np.array([512.5, 515.5])
    radial, tangential = [-0.207, 0.248, -0.003], [-0.0014, -0.001]
    image = encoded((1000, 1002))
    written = {}
    for split, subjects in (('train', (1, 5)), ('test', (9, 11))):
        names, points = [], []
        for subject in subjects:
            recording = f'S{subject}_Directions_1.54138969'
            for i in range(0, count, 50 // fps):
                names.append(f'S{subject}/{recording}/{recording}_{i + 1:06d}.jpg')
                points.append(drawn_person(rng, 17, 5, rng.uniform(-0.1, 0.1, 2)))
            for name in names:
                write_bytes(Path(root, 'images', name), image)
        points = np.stack(points)
        x, y = (points[..., i] / points[..., 2] for i in (0, 1))
        r = x**2 + y**2
        stretch = 1 + radial[0] * r + radial[1] * r**2 + radial[2] * r**3
        stretch = stretch + 2 * (tangential[0] * y + tangential[1] * x)
        seen = np.stack([x * stretch + tangential[1] * r, y * stretch + tangential[0] * r])
        pixels = seen.transpose(1, 2, 0) * focal + middle
        low, high = pixels.min(1), pixels.max(1)
        ones = np.ones((*points.shape[:2], 1))
        written[split] = dict(
            imgname=np.array(names),
            center=(low + high) / 2,
            scale=1.2 * (high - low).max(1) / 200,
            part=np.concatenate([pixels, ones], -1),
            S=np.concatenate([points, ones], -1),
        )
        path = Path(root, f'annotation_body3d/fps{fps}/h36m_{split}.npz')
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **written[split])
    return written

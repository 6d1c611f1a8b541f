"""Public data sets of animals as they are unpacked, drawn and tiny."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat

MESH_SIZE = 3299
COUNT = 10  # images of each animal, but of TigDog
VALID = [2, 7]
TRAIN = [n for n in range(COUNT) if n not in VALID]
UNANNOTATED = 10
# Shot, first and last frame.
SHOTS = [(4, 1, 3), (9, 4, 8), (10, 9, 9), (12, 20, 23)]
FRAMES = [
    (shot, frame)
    for shot, first, last in SHOTS
    for frame in range(first, last + 1)
    if shot != UNANNOTATED
]
TIGDOG_SPLIT = dict(train=[0, 1, 2, 8, 10, 11], valid=[4, 5, 7])


def _draw(path: Path, size: tuple[int, int], points: np.ndarray) -> None:
    """An image of noise-free dots, one a keypoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    for x, y in np.asarray(points)[:, :2].round().astype(int):
        cv2.circle(image, (int(x), int(y)), 3, (30, 200, 250), -1)
    cv2.imwrite(str(path), image)


def write_synthetic_animal(
    root,
    animals: tuple[str, ...] = ('horse', 'tiger'),
    vertices: dict | None = None,
    seed: int = 0,
) -> dict:
    """Write synthetic animals, with a table or, if vertices are given, without.

    Args:
        root (path): Folder to make.
        animals (tuple[str]): Those of one number of keypoints.
        vertices (dict, optional): Animal -> numbers of its keypoints in the mesh. Then
            there are files of the mesh and of the split beside the images, and no table.
        seed (int): Other seeds give other data.

    Returns:
        dict: Animal -> ``keypoints`` [N, K, 3] and ``bbox`` [N, 4] as x, x, y, y of all
        images in the order of their names.
    """
    root, rng = Path(root), np.random.default_rng(seed)
    tables = {}
    for animal in animals:
        folder = root / 'synthetic_animal' / f'{animal}_combineds5r5_texture'
        table = dict(imgpath=[], keypoints=[], bbox=[])
        for number in range(COUNT):
            mesh = rng.uniform([-20, 100, 0], [600, 470, 2], (MESH_SIZE, 3))
            mesh[:, 2] = mesh[:, 2].astype(int)
            name = f'{animal}_{number:05d}_'
            if vertices is None:
                points = mesh[: 18 if animal in ('horse', 'tiger') else 14]
            else:
                points = mesh[vertices[animal]]
            _draw(folder / f'{name}img.png', (640, 480), points)
            if vertices is not None:
                np.save(folder / f'{name}kpts.npy', mesh)
            low, high = mesh.min(0), mesh.max(0)
            table['imgpath'].append(
                f'./animal_data/synthetic_animal/{folder.name}/{name}img.png'
            )
            table['keypoints'].append(points.tolist())
            table['bbox'].append([low[0], high[0], low[1], high[1]])
        table.update(train_idxs=TRAIN, valid_idxs=VALID)
        if vertices is not None:
            for split in ('train', 'valid'):
                np.save(folder / f'{split}_idxs.npy', np.array(table[f'{split}_idxs']))
        tables[animal] = table
    if vertices is None:
        count = len(tables[animals[0]]['keypoints'][0])
        path = root / 'clean_data' / f'keypoints_{count}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(tables))
    return tables


def write_tigdog(
    root,
    size: tuple[int, int] = (100, 60),
    seed: int = 0,
    shots: Sequence[tuple[int, int, int]] = SHOTS,
) -> dict:
    """Write TigDog's folder with two annotated keypoints in three.

    Args:
        root (path): The folder behaviorDiscovery2.0 to make.
        size (tuple[int, int]): Width and height of the frames, px.
        seed (int): Other seeds give other data.
        shots (sequence): Number, first and last frame; ``UNANNOTATED`` has no labels.

    Returns:
        dict: Animal -> [N, 19, 3] x, y, visibility of the annotated frames of
        ``shots``, in the order of the file. The first keypoint has no flag, but a place in
        most frames.
    """
    root, rng = Path(root), np.random.default_rng(seed)
    landmarks = {}
    for animal in ('horse', 'tiger'):
        for folder in (f'ranges/{animal}', f'landmarks/{animal}', f'real_animal/{animal}'):
            (root / folder).mkdir(parents=True, exist_ok=True)
        ranges = np.array(shots, np.uint16)
        savemat(str(root / f'ranges/{animal}/ranges.mat'), dict(ranges=ranges))
        landmarks[animal] = []
        for shot, first, last in shots:
            if shot == UNANNOTATED:
                continue
            frames = range(first, last + 1)
            cells = np.empty((len(frames), 1), object)
            for row, frame in enumerate(frames):
                points = rng.uniform(2, np.subtract(size, 3), (19, 2))
                flags = ((np.arange(19) + frame) % 3 != 2).astype(float)
                points[flags == 0] = 0
                flags[0] = 0
                _draw(root / f'{animal}/{frame:08d}.jpg', size, points)
                cells[row, 0] = dict(p=points, v=flags[:, None])
                landmarks[animal].append(np.insert(points, 2, flags, axis=1))
            path = root / f'landmarks/{animal}/{shot}.mat'
            savemat(str(path), dict(landmarks=cells))
        for split, numbers in TIGDOG_SPLIT.items():
            path = root / f'real_animal/{animal}/{split}_idxs_by_video.npy'
            np.save(path, np.array(numbers))
    return {animal: np.array(rows) for animal, rows in landmarks.items()}


def write_animal_pose(root, animals: tuple[str, ...] = ('dog', 'sheep'), seed: int = 0):
    """Write Animal-Pose's folder: images with two animals of a kind, but the last with one.

    Args:
        root (path): The folder animal-pose to make.
        animals (tuple[str]): Their names.
        seed (int): Other seeds give other data.

    Returns:
        dict: Animal -> its annotations in the order of the file.
    """
    root, rng = Path(root), np.random.default_rng(seed)
    categories = dict(cow=1, sheep=2, horse=3, cat=4, dog=5)
    content = dict(
        info={},
        images={},
        annotations=[],
        categories=[
            dict(supercategory='animal', id=id_, name=name)
            for name, id_ in categories.items()
        ],
    )
    for animal in animals:
        for number in range(2 * COUNT - 1):
            image_id = 100 * categories[animal] + number // 2
            low = rng.uniform(5, 20, 2)
            points = low + rng.uniform(5, 60, (20, 2))
            flags = ((np.arange(20) + number) % 4 != 3).astype(int)
            points[flags == 0] = 0
            flags[1] = 0  # hidden, but at a place
            content['annotations'].append(
                dict(
                    image_id=image_id,
                    bbox=[*low.tolist(), *(low + 70).tolist()],
                    keypoints=np.insert(points, 2, flags, axis=1).tolist(),
                    num_keypoints=int(flags.sum()),
                    category_id=categories[animal],
                )
            )
            content['images'][str(image_id)] = f'{animal}{image_id}.jpeg'
            _draw(root / f'images/{animal}{image_id}.jpeg', (120, 100), points)
    (root / 'keypoints.json').write_text(json.dumps(content))
    annotations = {
        animal: [
            one
            for one in content['annotations']
            if one['category_id'] == categories[animal]
        ]
        for animal in animals
    }
    for animal, rows in annotations.items():
        folder = root / 'real_animal_pose' / animal
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in (('train', rows[4:]), ('test', rows[:4])):
            array = np.array(part, dtype=object)
            np.save(folder / f'{name}_anno.npy', array, allow_pickle=True)
    return annotations

"""Public data sets of people with 3D and a camera as they are on the disk, tiny and drawn.

As in :mod:`published_factory`, each function writes one and returns what it wrote.
"""

import pickle
from pathlib import Path

import cv2
import numpy as np
from published_3d_factory import python2_pickle
from scipy.io import savemat
from scipy.spatial.transform import Rotation

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
    """Points [count, 3] in m along the camera's axes, a metre or so about a place."""
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


# by mpii_get_joint_set.m of the data set
MPI_ALL = [
    'spine3', 'spine4', 'spine2', 'spine', 'pelvis', 'neck', 'head', 'head_top',
    'left_clavicle', 'left_shoulder', 'left_elbow', 'left_wrist', 'left_hand',
    'right_clavicle', 'right_shoulder', 'right_elbow', 'right_wrist', 'right_hand',
    'left_hip', 'left_knee', 'left_ankle', 'left_foot', 'left_toe', 'right_hip',
    'right_knee', 'right_ankle', 'right_foot', 'right_toe',
]  # fmt: skip
MPI_RELEVANT = [
    'head_top', 'neck', 'right_shoulder', 'right_elbow', 'right_wrist', 'left_shoulder',
    'left_elbow', 'left_wrist', 'right_hip', 'right_knee', 'right_ankle', 'left_hip',
    'left_knee', 'left_ankle', 'pelvis', 'spine', 'head',
]  # fmt: skip
MPI_NAMES = dict(
    root='pelvis', right_foot='right_ankle', left_foot='left_ankle', thorax='neck',
    neck_base='head', head='head_top',
)  # fmt: skip
"""Names of 'human17' that stand for other ones of the data set."""


def mpi_camera(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Focal lengths and principal point of a camera of the training."""
    return np.array([1497.5, 1497.0]) + number, np.array([1024.5, 1051.5]) - number


def mpi_poses(rng, count: int, names: list[str], focal, middle):
    """2D [N, J, 2], 3D and scaled 3D [N, J, 3] as the data set has them, px and mm.

    The scaled pose is elsewhere, and hips and spine are a little beside their 3D in 2D.
    """
    points = 1000 * np.stack(
        [drawn_person(rng, len(names), 4, rng.uniform(-0.1, 0.1, 2)) for _ in range(count)]
    )
    pixels = focal * points[..., :2] / points[..., 2:] + middle
    beside = [names.index(name) for name in ('left_hip', 'right_hip', 'spine')]
    pixels[:, beside] += 1.5
    root = points[:, [names.index('pelvis')]]
    return pixels, points, (points - root) * rng.uniform(0.9, 1.1) + root + [50, 20, -80]


def write_mpi_inf_3dhp(root, count: int = 1, subjects=range(1, 9)) -> dict[tuple, dict]:
    """The training of MPI-INF-3DHP, so many frames a sequence; images of every tenth.

    Returns:
        dict: By subject, sequence and camera the arrays of :func:`mpi_poses`.
    """
    rng = np.random.default_rng(31)
    image = encoded((2048, 2048))
    written = {}
    for folder in ((s, q) for s in subjects for q in (1, 2)):
        path = Path(root, 'S{}/Seq{}'.format(*folder))
        lines = ['Skeletool Camera Calibration File V1.0']
        cells = {key: np.empty((14, 1), object) for key in ('annot2', 'annot3')}
        cells['univ_annot3'] = np.empty((14, 1), object)
        for number in range(14):
            focal, middle = mpi_camera(number)
            arrays = mpi_poses(rng, count, MPI_ALL, focal, middle)
            arrays = dict(zip(cells, arrays))
            for key, array in arrays.items():
                cells[key][number, 0] = array.reshape(count, -1)
            written[(*folder, number)] = arrays
            lines += [
                f'name          {number}',
                '  sensor      10 10',
                '  size        2048 2048',
                '  animated    0',
                f'  intrinsic   {focal[0]} 0 {middle[0]} 0 0 {focal[1]} {middle[1]} 0 '
                '0 0 1 0 0 0 0 1 ',
                '  extrinsic   1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 ',
                '  radial      0',
            ]
            for row in range(0, count, 10) if number in (0, 1, 2, 4, 5, 6, 7, 8) else ():
                name = f'imageFrames/video_{number}/frame_{row + 1:06d}.jpg'
                write_bytes(path / name, image)
        (path / 'camera.calibration').write_text('\n'.join(lines))
        savemat(path / 'annot.mat', dict(cells, frames=np.arange(count)[:, None]))
    return written


def write_mpi_inf_3dhp_test(root, valid=(1, 0, 1)) -> dict[str, dict]:
    """The test set of MPI-INF-3DHP, whose frames are valid or not, in MATLAB's version 7.3.

    Returns:
        dict: By sequence the arrays of :func:`mpi_poses`.
    """
    import h5py

    rng = np.random.default_rng(32)
    written = {}
    for number in range(1, 7):
        outdoors = number > 4
        size = (1920, 1080) if outdoors else (2048, 2048)
        focal = np.array([1684.0, 1672.0] if outdoors else [1500.0, 1500.5])
        arrays = mpi_poses(rng, len(valid), MPI_RELEVANT, focal, np.array(size) / 2 + 8)
        folder = Path(root, f'mpi_inf_3dhp_test_set/TS{number}')
        for row in range(len(valid)):
            name = f'imageSequence/img_{row + 1:06d}.jpg'
            write_bytes(folder / name, encoded(size))
        with h5py.File(folder / 'annot_data.mat', 'w', userblock_size=512) as file:
            keys = ('annot2', 'annot3', 'univ_annot3')
            for key, array in zip(keys, arrays):
                file[key] = array[:, None]
            file['valid_frame'] = np.array(valid, np.float64)[:, None]
            file['activity_annotation'] = np.ones((len(valid), 1))
        with open(folder / 'annot_data.mat', 'r+b') as file:
            file.write(b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(124))
            file.write(bytes([0, 2]) + b'IM')
        written[f'TS{number}'] = dict(zip(keys, arrays))
    return written


def write_mpi_inf_3dhp_mmpose(root, count: int = 11) -> dict[str, dict]:
    """MPI-INF-3DHP of mmpose, one video of the training and two of the test.

    Returns:
        dict: Of 'train' and 'test' the arrays of the file.
    """
    rng = np.random.default_rng(33)
    videos = dict(train=['S1_Seq1_Cam4'], test=['TS1', 'TS6'])
    files = dict(train='mpi_inf_3dhp_train', test='mpi_inf_3dhp_test_valid')
    Path(root, 'annotations').mkdir(parents=True)
    written = {}
    for split, names in videos.items():
        images, cameras, poses = [], {}, []
        for video in names:
            size = (1920, 1080) if video == 'TS6' else (2048, 2048)
            focal, middle = np.array([1490.5, 1491.0]), np.array(size) / 2 - 5
            cameras[video] = dict(
                f=focal[:, None], c=middle[:, None], w=size[0], h=size[1], name=video
            )
            poses.append(mpi_poses(rng, count, MPI_RELEVANT, focal, middle)[:2])
            for i in range(count):
                images.append(f'{video}_{i + 1:06d}.jpg')
                write_bytes(Path(root, 'images', images[-1]), encoded(size))
        pixels, points = (np.concatenate(arrays) for arrays in zip(*poses))
        low, high = pixels.min(1), pixels.max(1)
        ones = np.ones((*points.shape[:2], 1))
        written[split] = dict(
            imgname=np.array(images),
            center=(low + high) / 2,
            scale=1.2 * (high - low).max(1) / 200,
            part=np.concatenate([pixels, ones], -1),
            S=np.concatenate([points / 1000, ones], -1),
        )
        np.savez(Path(root, f'annotations/{files[split]}.npz'), **written[split])
        with open(Path(root, f'annotations/cameras_{split}.pkl'), 'wb') as file:
            pickle.dump(cameras, file)
    return written


# SMPL's own names, with the names of 'human17' where the two have the same joint
SMPL = [
    'root', 'left_hip', 'right_hip', 'spine1', 'left_knee', 'right_knee', 'spine',
    'left_foot', 'right_foot', 'spine3', 'left_toes', 'right_toes', 'thorax',
    'left_collar', 'right_collar', 'skull', 'left_shoulder', 'right_shoulder',
    'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist', 'left_hand', 'right_hand',
]  # fmt: skip


def write_three_dpw(root, count: int = 3) -> dict[str, list[dict]]:
    """3DPW of two sequences a split, one of two people and one upright, pickled as given.

    Returns:
        dict: Of each split its sequences: ``name``, ``size`` and the ``content`` of the
        file, and ``seen``, joints [P, N, 24, 3] in m along the camera's axes.
    """
    rng = np.random.default_rng(34)
    written = {}
    for split in ('train', 'validation', 'test'):
        written[split] = []
        for name, size, people in (
            (f'{split}_talk_00', (1920, 1080), 2),
            (f'{split}_walk_01', (1080, 1920), 1),
        ):
            matrix = np.array([[1962.0, 0, size[0] / 2], [0, 1969, size[1] / 2], [0, 0, 1]])
            seen = np.stack(
                [
                    [
                        drawn_person(rng, 24, 5, rng.uniform(-0.1, 0.1, 2))
                        for _ in range(count)
                    ]
                    for _ in range(people)
                ]
            )
            poses, world = np.tile(np.eye(4), (count, 1, 1)), seen.copy()
            for i in range(count):
                turn = Rotation.random(random_state=rng.integers(1000)).as_matrix()
                poses[i, :3, :3], poses[i, :3, 3] = turn, rng.normal(size=3)
                world[:, i] = (seen[:, i] - poses[i, :3, 3]) @ turn
            content = dict(
                sequence=name,
                cam_intrinsics=matrix,
                cam_poses=poses,
                jointPositions=[one.reshape(count, 72) for one in world],
                campose_valid=[np.arange(count) != 1 + person for person in range(people)],
                poses2d=[np.zeros((count, 3, 18)) for _ in range(people)],
                genders=['m', 'f'][:people],
                betas=[np.zeros(10) for _ in range(people)],
            )
            path = Path(root, f'sequenceFiles/{split}/{name}.pkl')
            write_bytes(path, python2_pickle(content))
            for i in range(count):
                write_bytes(
                    Path(root, f'imageFiles/{name}/image_{i:05d}.jpg'), encoded(size)
                )
            sequence = dict(name=name, size=size, content=content, seen=seen)
            written[split].append(sequence)
    return written


def surreal_clips(split: str) -> dict[str, int]:
    """Clips of :func:`write_surreal_full` with their folder -> number of frames."""
    return {
        f'cmu/{split}/run0/01_01/01_01_c0001': 21,
        f'cmu/{split}/run0/ung_02_03/ung_02_03_c0002': 12,
        f'cmu/{split}/run2/01_01/01_01_c0001': 1,
    }


def write_surreal_full(root, made: bool = True) -> dict[str, dict]:
    """SURREAL as it is given out: three clips a split, in two of its runs.

    The third frame of each clip has no pose, and of the last clip there is one alone. The
    mask of a frame is a square.

    Args:
        made (bool): With the images and masks that the converter makes, in place of the
            videos and segmentations.

    Returns:
        dict: By clip ``joints2D`` [2, 24, T] and ``joints3D`` [3, 24, T] as in the file,
        and ``seen`` [T, 24, 3], m along the camera's axes.
    """
    rng = np.random.default_rng(35)
    written = {}
    for split in ('train', 'val', 'test'):
        for name, count in surreal_clips(split).items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            place = np.array([7.0, -1.1, 0.3]) + rng.normal(0, 0.2, 3)
            seen = np.stack([drawn_person(rng, 24, 7) for _ in range(count)])
            # by main.m of the data set: x is against the world's z, z against its x
            world = np.stack(
                [
                    place[0] - seen[..., 2],
                    place[1] + seen[..., 1],
                    place[2] - seen[..., 0],
                ]
            )
            joints_3d = world.transpose(0, 2, 1)
            pixels = 600 * seen[..., :2] / seen[..., 2:] + [160, 120]
            joints_2d = np.round(pixels).transpose(2, 1, 0)
            joints_2d[..., 2:3] = joints_3d[..., 2:3] = 0
            shape = (24,) if count == 1 else (24, count)  # MATLAB drops the last axis
            savemat(
                f'{path}_info.mat',
                dict(
                    joints2D=joints_2d.reshape(2, *shape).astype(np.float32),
                    joints3D=joints_3d.reshape(3, *shape).astype(np.float32),
                    camLoc=place[:, None].astype(np.float32),
                    camDist=np.float32(7),
                    zrot=np.ones((count, 1), np.float32),
                    sequence=path.name,
                ),
                do_compression=True,
            )
            _write_surreal_frames(path, count, made)
            written[name] = dict(joints2D=joints_2d, joints3D=joints_3d, seen=seen)
    return written


def _write_surreal_frames(path: Path, count: int, made: bool) -> None:
    masks = np.zeros((count, 240, 320), np.uint8)
    for i in range(count):
        masks[i, 60 : 160 + i, 100:200] = 1 + i % 24
    if not made:
        savemat(
            f'{path}_segm.mat',
            {f'segm_{i + 1}': mask for i, mask in enumerate(masks)},
            do_compression=True,
        )
        codec = cv2.VideoWriter_fourcc(*'mp4v')
        video = cv2.VideoWriter(f'{path}.mp4', codec, 30, (320, 240))
        for i in range(count):
            video.write(np.full((240, 320, 3), 10 * i, np.uint8))
        video.release()
        return
    middle = [(count + 1) // 2 - 1]
    for i in range(0, count, 10) if 'train' in path.parts else middle:
        write_bytes(f'{path}_frames/{i + 1:04d}.jpg', encoded((320, 240)))
        write_bytes(
            f'{path}_frames/{i + 1:04d}.png', cv2.imencode('.png', masks[i])[1].tobytes()
        )

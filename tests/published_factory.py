"""Public data sets as they are on the disk, tiny and drawn, for tests.

Each function writes one into a folder and returns what it wrote, in the order of the files.
The images of a hand or a person are noise of the size that the data set has.
"""

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat

H36M_SUBJECTS = (1, 5, 6, 7, 8, 9, 11)


def _write_image(path, size, rng) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    cv2.imwrite(str(path), rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def _write_json(path, content) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _write_list(ann_file, images, names, count, side, rng, **entries) -> list[dict]:
    """Crops of a side of so many px and their list, as RegDA's code has them."""
    samples = []
    for number, name in enumerate(names):
        _write_image(Path(images, name), (side, side), rng)
        samples.append(
            dict(
                name=name,
                keypoint2d=rng.uniform(side / 6, side * 5 / 6, (count, 2)).tolist(),
                keypoint3d=rng.normal(0, 1, (count, 3)).tolist(),
                intrinsic_matrix=np.diag([600.0, 600, 1]).tolist(),
                **{key: values[number] for key, values in entries.items()},
            )
        )
    _write_json(ann_file, samples)
    return samples


def write_surreal(root, count: int = 4, side: int = 48) -> dict[str, list[dict]]:
    """SURREAL with so many images a run, nine times.

    Returns:
        dict: The samples of each split, those of run 0 first; ``file`` tells the image.
    """
    rng = np.random.default_rng(0)
    written = {}
    for split in ('train', 'val', 'test'):
        written[split] = []
        for run in range(3):
            folder = Path(root, split, f'run{run}')
            names = [f'{run}_{split}_{i:03d}.jpg' for i in range(count)]
            samples = _write_list(f'{folder}.json', folder, names, 24, side, rng)
            for sample in samples:
                sample['file'] = f'{split}/run{run}/{sample["name"]}'
            written[split] += samples
    return written


def write_lsp(root, count: int = 10) -> np.ndarray:
    """Leeds Sports Pose of so many images, 40 x 60 or 60 x 40 px.

    Returns:
        np.ndarray: Joints [N, 14, 3]: px, px, 1 where occluded.
    """
    rng = np.random.default_rng(1)
    for i in range(count):
        size = (40, 60) if i % 2 else (60, 40)
        _write_image(Path(root, f'images/im{i + 1:04d}.jpg'), size, rng)
    joints = rng.uniform(2, 38, (count, 14, 3))
    joints[..., 2] = rng.random((count, 14)) < 0.2
    savemat(Path(root, 'joints.mat'), dict(joints=joints.transpose(2, 1, 0)))
    return joints


def write_lsp_extended(root, count: int = 6, high_resolution: bool = False) -> np.ndarray:
    """Leeds Sports Pose Extended of so many images, as given out or as HR-LSPET.

    Returns:
        np.ndarray: Joints [N, 14, 3]: px, px, 1 where visible.
    """
    rng = np.random.default_rng(2)
    name = 'im{:05d}.png' if high_resolution else 'images/im{:05d}.jpg'
    for i in range(count):
        _write_image(Path(root, name.format(i + 1)), (50, 40), rng)
    joints = rng.uniform(2, 38, (count, 14, 3))
    joints[..., 2] = rng.random((count, 14)) < 0.8
    joints[joints[..., 2] == 0] = 0
    savemat(Path(root, 'joints.mat'), dict(joints=joints.transpose(1, 2, 0)))
    return joints


def write_human36m(root, count: int = 3, side: int = 512) -> dict[int, list[dict]]:
    """The crops of Human3.6M, so many a subject.

    Returns:
        dict: The samples of each subject.
    """
    rng = np.random.default_rng(3)
    written = {}
    for subject in H36M_SUBJECTS:
        names = [f's_{subject:02d}_act_02/{i:06d}.jpg' for i in range(count)]
        ann_file = Path(root, f'annotations/keypoints2d_{subject}.json')
        written[subject] = _write_list(
            ann_file, Path(root, 'crop_images'), names, 16, side, rng
        )
    return written


def write_raw_human36m(root, count: int = 11, size=(120, 100)) -> dict[int, dict]:
    """Human3.6M before it is cropped: so many images a subject, of two cameras.

    Returns:
        dict: ``camera``, ``data`` and ``joint_3d`` of each subject.
    """
    rng = np.random.default_rng(4)
    written = {}
    for subject in H36M_SUBJECTS:
        cameras = {}
        for number in ('1', '2'):
            rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
            cameras[number] = dict(
                R=(rotation * np.linalg.det(rotation)).tolist(),
                t=[10.0, -20.0, 5000.0],
                f=[110.0, 112.0],
                c=[size[0] / 2 + 1.5, size[1] / 2 - 0.5],
            )
        images, joints = [], {}
        for i in range(count):
            name = f's_{subject:02d}_act_02_ca_01/{i:06d}.jpg'
            _write_image(Path(root, 'images', name), size, rng)
            index = dict(action_idx=2, subaction_idx=1, frame_idx=i, cam_idx=1 + i % 2)
            images.append(dict(file_name=name, width=size[0], height=size[1], **index))
            joints[str(i)] = rng.normal(0, 500, (17, 3)).tolist()
        written[subject] = dict(
            camera=cameras, data=dict(images=images), joint_3d={'2': {'1': joints}}
        )
        for part, content in written[subject].items():
            name = f'annotations/Human36M_subject{subject}_{part}.json'
            _write_json(Path(root, name), content)
    return written


def write_rendered_hand_pose(root, count: int = 4) -> dict[str, dict[int, dict]]:
    """RHD with so many images a split, each of a usable left and a usable right hand.

    The left hand lies in the left half of the image, and its mask is a square of 2..17.

    Returns:
        dict: The annotations of 'train' and of 'test', by number.
    """
    rng = np.random.default_rng(5)
    camera = np.array([[300.0, 0, 160], [0, 300, 160], [0, 0, 1]])
    written = {}
    for split, part in (('train', 'training'), ('test', 'evaluation')):
        folder = Path(root, 'RHD_published_v2', part)
        (folder / 'mask').mkdir(parents=True)
        annotations = {}
        for number in range(count):
            _write_image(folder / f'color/{number:05d}.png', (320, 320), rng)
            mask = np.ones((320, 320), np.uint8)
            mask[100:200, 30:130] = rng.integers(2, 18, (100, 100))
            mask[100:200, 190:290] = rng.integers(18, 34, (100, 100))
            cv2.imwrite(str(folder / f'mask/{number:05d}.png'), mask)
            pixels = rng.uniform(40, 120, (42, 2)) + [0, 60]
            pixels[21:, 0] += 160
            depth = rng.uniform(0.5, 0.7, (42, 1))
            xyz = np.column_stack([pixels, np.ones(42)]) @ np.linalg.inv(camera).T * depth
            seen = np.ones((42, 1))
            seen[number % 21] = seen[21 + number % 21] = 0
            annotations[number] = dict(K=camera, uv_vis=np.hstack([pixels, seen]), xyz=xyz)
        with open(folder / f'anno_{part}.pickle', 'wb') as file:
            pickle.dump(annotations, file, protocol=3)
        written[split] = annotations
    return written


def write_hand_3d_studio(root, count: int = 12, side: int = 48) -> list[dict]:
    """Hand-3D-Studio with so many images, every third with an object.

    Returns:
        list: All samples.
    """
    folder = Path(root, 'H3D_crop')
    names = [f'part{1 + i % 5}/{i:04d}.jpg' for i in range(count)]
    return _write_list(
        folder / 'annotation.json',
        folder,
        names,
        21,
        side,
        np.random.default_rng(6),
        without_object=[int(i % 3 > 0) for i in range(count)],
    )


def write_freihand(root, count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """FreiHAND with so many frames, each in four versions.

    Returns:
        tuple: Intrinsic matrices [N, 3, 3] and points [N, 21, 3] in m.
    """
    rng = np.random.default_rng(7)
    root = Path(root)
    (root / 'training/mask').mkdir(parents=True)
    for number in range(4 * count):
        _write_image(root / f'training/rgb/{number:08d}.jpg', (224, 224), rng)
    for number in range(count):
        mask = np.zeros((224, 224), np.uint8)
        mask[60:160, 60:160] = 255
        cv2.imwrite(str(root / f'training/mask/{number:08d}.jpg'), mask)
    matrices = np.tile(np.diag([480.0, 480, 1]), (count, 1, 1))
    matrices[:, :2, 2] = 112
    points = rng.uniform(-0.06, 0.06, (count, 21, 3)) + [0, 0, 0.7]
    _write_json(root / 'training_K.json', matrices.tolist())
    _write_json(root / 'training_xyz.json', points.tolist())
    return matrices, points


def write_freihand_evaluation(root, count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The evaluation of FreiHAND with so many frames.

    Returns:
        tuple: Intrinsic matrices [N, 3, 3] and points [N, 21, 3] in m.
    """
    rng = np.random.default_rng(8)
    root = Path(root)
    for number in range(count):
        _write_image(root / f'evaluation/rgb/{number:08d}.jpg', (224, 224), rng)
    matrices = np.tile(np.diag([480.0, 481, 1]), (count, 1, 1))
    matrices[:, :2, 2] = 110, 113
    points = rng.uniform(-0.06, 0.06, (count, 21, 3)) + [0.02, 0, 0.7]
    scales = np.linalg.norm(points[:, 9] - points[:, 10], axis=1)
    for name, values in dict(K=matrices, xyz=points, scale=scales).items():
        _write_json(root / f'evaluation_{name}.json', values.tolist())
    vertices = np.zeros((count, 2, 3))  # of 778, which nobody here reads
    _write_json(root / 'evaluation_verts.json', vertices.tolist())
    return matrices, points

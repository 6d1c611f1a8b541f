"""Public data sets of hands with 3D and a camera as they are on the disk, tiny and drawn.

As in :mod:`published_factory`, each function writes one and returns what it wrote.
"""

import io
import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import yaml
from scipy.io import savemat
from scipy.spatial.transform import Rotation

SIZE = 640, 480  # px, of all of them
DEXYCB_SUBJECTS = [
    '20200709-subject-01', '20200813-subject-02', '20200820-subject-03',
    '20200903-subject-04', '20200908-subject-05', '20200918-subject-06',
    '20200928-subject-07', '20201002-subject-08', '20201015-subject-09',
    '20201022-subject-10',
]  # fmt: skip
DEXYCB_CAMERAS = [
    '836212060125', '839512060362', '840412060917', '841412060263', '932122060857',
    '932122060861', '932122061900', '932122062010',
]  # fmt: skip
_FINGERS = ('thumb', 'forefinger', 'middle_finger', 'ring_finger', 'pinky_finger')
# what mmpose's rhd_train.json says of its keypoints, and the order that it really has
MMPOSE_NAMES = ['wrist'] + [f'{finger}{i}' for finger in _FINGERS for i in (1, 2, 3, 4)]
_RHD_NAMES = ['wrist'] + [f'{finger}{i}' for finger in _FINGERS for i in (4, 3, 2, 1)]
_CAMERA = np.array([[617.0, 0, 312.5], [0, 616.0, 241.25], [0, 0, 1]])


def _encoded(extension: str) -> bytes:
    """An image of the size that they all have; a plain one is quick to write and read."""
    image = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    return cv2.imencode(extension, image)[1].tobytes()


def _write(path, content: bytes) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def drawn_points(camera, rng, count: int = 21) -> np.ndarray:
    """Points [count, 3], m, that are seen at least 40 px from the image's border."""
    pixels = rng.uniform(40, np.array(SIZE) - 40, (count, 2)) / 2 + rng.uniform(0, 200, 2)
    rays = np.column_stack([pixels, np.ones(count)]) @ np.linalg.inv(camera).T
    return rays * rng.uniform(0.5, 0.8, (count, 1))


class _Python2Pickler(pickle._Pickler):
    """Text and bytes as Python 2 wrote both: as strings of bytes."""

    dispatch = dict(pickle._Pickler.dispatch)

    def _save_string(self, value) -> None:
        data = value.encode('latin1') if isinstance(value, str) else value
        self.write(b'T' + len(data).to_bytes(4, 'little') + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = _save_string


def python2_pickle(content) -> bytes:
    """What Python 2's cPickle and the NumPy of its days made of it, in protocol 2."""
    file = io.BytesIO()
    _Python2Pickler(file, 2, fix_imports=True).dump(content)
    return file.getvalue().replace(b'numpy._core', b'numpy.core')


def _segmentation(version: int) -> bytes:
    """A quarter of the size, in the colours of a version: a hand and an object beside it.

    The hand is the columns 40 to 79 of the rows 30 to 89, of 160 x 120.
    """
    hand, thing = {2: ((0, 0, 255), (255, 0, 0)), 3: ((255, 0, 0), (0, 255, 0))}[version]
    colours = np.zeros((SIZE[1] // 4, SIZE[0] // 4, 3), np.uint8)
    colours[30:90, 40:80], colours[30:90, 80:120] = hand, thing
    return cv2.imencode({2: '.jpg', 3: '.png'}[version], colours)[1].tobytes()


def write_ho3d(root, version: int = 3, count: int = 3) -> dict[str, list[dict]]:
    """HO-3D of two sequences a split, so many frames each; the second has no pose.

    The first sequence of 'train' has rendered segmentations.

    Returns:
        dict: Of each frame of 'train' and 'evaluation' ``name``, ``joints`` [21, 3] as in
        the files (m, OpenGL's camera, MANO's order), ``camera`` and ``box``.
    """
    rng = np.random.default_rng(20)
    extension = {2: 'png', 3: 'jpg'}[version]
    image = _encoded(f'.{extension}')
    written = {}
    for split, sequences in (('train', ('ABF10', 'MC1')), ('evaluation', ('SM1', 'AP11'))):
        frames = []
        for name in (f'{one}/{i:04d}' for one in sequences for i in range(count)):
            joints = drawn_points(_CAMERA, rng) * [1, -1, -1]
            box = [int(value) for value in rng.integers([50, 60, 300, 260], 400)]
            frame = dict(name=name, joints=joints, camera=_CAMERA, box=box)
            meta = dict(
                camMat=_CAMERA,
                handJoints3D=joints,
                objName='021_bleach_cleanser',
                handPose=rng.normal(size=48),
            )
            if split == 'evaluation':
                meta.update(handJoints3D=joints[0], handBoundingBox=box)
                del meta['handPose']
            elif name.endswith('0001'):
                frame['joints'] = meta['handJoints3D'] = meta['handPose'] = None
            sequence, number = name.split('/')
            _write(Path(root, split, sequence, 'rgb', f'{number}.{extension}'), image)
            meta_file = Path(root, split, sequence, 'meta', f'{number}.pkl')
            _write(meta_file, python2_pickle(meta))
            if sequence == 'ABF10':
                mask_file = {2: f'{number}.jpg', 3: f'{number}.png'}[version]
                mask_file = Path(root, split, sequence, 'seg', mask_file)
                _write(mask_file, _segmentation(version))
            frames.append(frame)
        names = ''.join(f'{frame["name"]}\n' for frame in frames)
        _write(Path(root, f'{split}.txt'), names.encode())
        written[split] = frames
    joints = [frame['joints'].tolist() for frame in written['evaluation']]
    _write(Path(root, 'evaluation_xyz.json'), json.dumps(joints).encode())
    return written


def write_dex_ycb(root) -> list[dict]:
    """DexYCB of ten subjects with 100 recordings each, two of which have a frame.

    The hand of its segmentation is the columns 200 to 299 of the rows 100 to 199.

    Returns:
        list: Of each image, in the order of the files, the numbers of ``subject``,
        ``recording`` and ``camera``, its ``folder``, and ``side``, ``focal``,
        ``principal_point``, ``joint_3d`` [21, 3] m and ``joint_2d`` [21, 2] px.
    """
    rng = np.random.default_rng(21)
    image = _encoded('.jpg')
    labels = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    labels[100:200, 200:300], labels[100:200, 300:400] = 255, 21
    for i, serial in enumerate(DEXYCB_CAMERAS):
        color = dict(fx=610.0 + i, fy=609.0 + i, ppx=318.0 + i, ppy=242.0 - i)
        content = yaml.safe_dump(dict(color=color, depth=dict(color, fx=600.0)))
        name = f'calibration/intrinsics/{serial}_640x480.yml'
        _write(Path(root, name), content.encode())
    written = []
    for i, subject in enumerate(DEXYCB_SUBJECTS):
        for number in range(100):
            recording = Path(root, subject, f'{subject[:8]}_{140000 + number}')
            side = 'left' if number % 2 else 'right'
            has_frame = number in (7 * i, 7 * i + 4)
            meta = f'mano_sides:\n- {side}\nnum_frames: {int(has_frame)}\n'
            _write(recording / 'meta.yml', meta.encode())
            for k, serial in enumerate(DEXYCB_CAMERAS if has_frame else ()):
                camera = np.array(
                    [[610.0 + k, 0, 318 + k], [0, 609 + k, 242 - k], [0, 0, 1]]
                )
                points = drawn_points(camera, rng).astype(np.float32)
                pixels = points @ camera.T
                pixels = (pixels[:, :2] / pixels[:, 2:]).astype(np.float32)
                file = io.BytesIO()
                np.savez_compressed(
                    file,
                    seg=labels,
                    pose_m=np.ones((1, 51), np.float32),
                    joint_3d=points[None],
                    joint_2d=pixels[None],
                )
                folder = recording / serial
                _write(folder / 'labels_000000.npz', file.getvalue())
                _write(folder / 'color_000000.jpg', image)
                written.append(
                    dict(
                        subject=i,
                        recording=number,
                        camera=k,
                        folder=folder,
                        side=side,
                        focal=camera.diagonal()[:2],
                        principal_point=camera[:2, 2],
                        joint_3d=points,
                        joint_2d=pixels,
                    )
                )
    return written


def write_stb(root, count: int = 2) -> dict[str, np.ndarray]:
    """STB with so many frames of each of the twelve sequences.

    Returns:
        dict: Joints [N, 21, 3] of each sequence in the file's order, mm, as the colour
        camera sees them; the files have them as the depth camera does.
    """
    rng = np.random.default_rng(22)
    image = _encoded('.png')
    camera = np.array([[607.92271, 0, 314.78337], [0, 607.88192, 236.42484], [0, 0, 1]])
    to_depth = Rotation.from_rotvec([0.00531, -0.01196, 0.00301])
    written = {}
    for background in range(1, 7):
        for pose in ('Counting', 'Random'):
            name = f'B{background}{pose}'
            points = 1000 * np.stack([drawn_points(camera, rng) for _ in range(count)])
            flat = to_depth.apply(points.reshape(-1, 3)) + [-24.0381, -0.4563, -1.2326]
            for i in range(count):
                _write(Path(root, 'images', name, f'SK_color_{i}.png'), image)
            labels = Path(root, f'labels/{name}_SK.mat')
            labels.parent.mkdir(exist_ok=True)
            savemat(labels, dict(handPara=flat.reshape(count, 21, 3).transpose(2, 1, 0)))
            written[name] = points
    return written


def write_inter_hand(root, count: int = 3) -> dict[str, list[dict]]:
    """InterHand2.6M of so many frames a split, each seen by two cameras; the second frame
    shows two hands, and the others a right or a left one.

    Returns:
        dict: Of each image, in the order of the file, its ``file``, ``size``, ``type``,
        ``camera`` (matrix [3, 3]) and ``points`` [42, 3], m, as the camera sees them.
    """
    rng = np.random.default_rng(23)
    return {
        split: [
            one
            for capture in range(captures)
            for one in _write_capture(Path(root), split, capture, count, rng)
        ]
        for split, captures in (('train', 2), ('val', 1), ('test', 1))
    }


def _write_capture(root, split, capture, count, rng) -> list[dict]:
    """Add one capture to the files of a split."""
    contents = {part: {} for part in ('camera', 'joint_3d')}
    contents['data'] = dict(images=[], annotations=[])
    files = {
        part: root / f'annotations/{split}/InterHand2.6M_{split}_{part}.json'
        for part in contents
    }
    for part in contents if capture else ():
        contents[part] = json.loads(files[part].read_text())
    sizes = {'400026': (334, 512), '410028': (512, 334)}
    cameras = dict(campos={}, camrot={}, focal={}, princpt={})
    for i, (serial, size) in enumerate(sizes.items()):
        cameras['campos'][serial] = rng.uniform(-20, 20, 3).tolist()
        rotation = Rotation.from_rotvec([0.02, 0.03 * i - 0.02, 0.4])
        cameras['camrot'][serial] = rotation.as_matrix().tolist()
        cameras['focal'][serial] = [1261.5 + i, 1260.25]
        cameras['princpt'][serial] = [size[0] / 2 + i, size[1] / 2 - 3.5]
    joints, written = {}, []
    for frame in range(count):
        kind = ('right', 'interacting', 'left')[(frame + capture) % 3]
        known = np.repeat([kind != 'left', kind != 'right'], 21)
        world = np.where(known[:, None], [0, 0, 1000] + rng.uniform(-45, 45, (42, 3)), 1.0)
        valid = known[:, None].astype(int).tolist()
        told = dict(hand_type=kind, hand_type_valid=1)
        joints[str(7 + frame)] = dict(
            told, world_coord=world.tolist(), joint_valid=known[:, None].tolist()
        )
        for serial, (width, height) in sizes.items():
            number = len(contents['data']['images'])
            name = f'Capture{capture}/0007_thumbup_normal/cam{serial}/image{7 + frame}.jpg'
            image = np.full((height, width, 3), 90, np.uint8)
            _write(
                root / f'images/{split}/{name}', cv2.imencode('.jpg', image)[1].tobytes()
            )
            contents['data']['images'].append(
                dict(
                    id=100 + number,
                    file_name=name,
                    width=width,
                    height=height,
                    capture=capture,
                    subject=3,
                    seq_name='0007_thumbup_normal',
                    camera=serial,
                    frame_idx=7 + frame,
                )
            )
            contents['data']['annotations'].append(
                dict(
                    told,
                    id=100 + number,
                    image_id=100 + number,
                    bbox=[30.0, 30.0, 200.0, 200.0],
                    joint_valid=valid,
                )
            )
            rotation = Rotation.from_matrix(cameras['camrot'][serial])
            (f, g), (x, y) = cameras['focal'][serial], cameras['princpt'][serial]
            written.append(
                dict(
                    file=f'images/{split}/{name}',
                    size=(width, height),
                    type=kind,
                    camera=np.array([[f, 0, x], [0, g, y], [0, 0, 1]]),
                    points=rotation.apply(world - cameras['campos'][serial]) / 1000,
                )
            )
    contents['camera'][str(capture)] = cameras
    contents['joint_3d'][str(capture)] = joints
    for part, content in contents.items():
        _write(files[part], json.dumps(content).encode())
    return written


def write_mmpose_rhd(root) -> list[dict]:
    """``rhd_train.json`` as mmpose gives it out, of a left and a right hand.

    Returns:
        list: Of each hand ``side`` and ``points``, [3] in mm by the names of 'hand21'.
    """
    rng = np.random.default_rng(24)
    category = dict(id=1, name='hand', supercategory='hand', skeleton=[[1, 2]])
    content = dict(
        info=dict(description='RHD', version='1.1', year='2021'),
        licenses='',
        images=[],
        annotations=[],
        categories=[dict(category, keypoints=MMPOSE_NAMES)],
    )
    written = []
    for number, side in ((111, 'left'), (112, 'right')):
        image = rng.integers(0, 256, (320, 320, 3), dtype=np.uint8)
        _write(Path(root, f'{number:05d}.png'), cv2.imencode('.png', image)[1].tobytes())
        points = {name: rng.uniform(-60, 60, 3) + [0, 0, 500] for name in MMPOSE_NAMES}
        xyz = np.array([points[name] for name in _RHD_NAMES])
        pixels = 299 * xyz[:, :2] / xyz[:, 2:] + [160, 161]
        content['images'].append(
            dict(
                file_name=f'{number:05d}.png',
                height=320,
                width=320,
                id=number,
                cam_param=dict(focal=[299.0, 299.0], princpt=[160.0, 161.0]),
            )
        )
        content['annotations'].append(
            dict(
                id=number,
                image_id=number,
                category_id=1,
                iscrowd=0,
                bbox=[*pixels.min(0), *np.ptp(pixels, 0)],
                area=1.0,
                keypoints=np.column_stack([pixels, np.ones(21)]).tolist(),
                joint_cam=xyz.tolist(),
                hand_type=side,
            )
        )
        written.append(dict(points=points, side=side))
    Path(root, 'rhd_train.json').write_text(json.dumps(content))
    return written

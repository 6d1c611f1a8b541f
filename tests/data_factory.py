"""Tiny data sets in the package's format, for tests."""

import json
from pathlib import Path

import cv2
import numpy as np

from mmpose_uda.metainfo import HAND21

HAND_NAMES = [point['name'] for point in HAND21['keypoint_info'].values()]
SKELETON = [
    [HAND_NAMES.index(name) for name in bone['link']]
    for bone in HAND21['skeleton_info'].values()
]


def write_pose_dataset(
    root,
    num_images: int = 8,
    split: str = 'train',
    size: tuple[int, int] = (64, 48),
    seed: int = 0,
    masks: bool = True,
    keypoints_3d: bool = True,
    camera: bool = True,
    names: list[str] = HAND_NAMES,
) -> Path:
    """Write ``root/annotations/<split>.json`` with its images and masks.

    An image is noise darker than 128; the "hand" is a set of points about 400 mm from
    the camera, and its convex hull, brighter than 128, is the mask. 2D points are the
    exact projections of the 3D ones.

    Args:
        root (path): Folder to make.
        num_images (int): One annotation each.
        split (str): Name of the annotation file.
        size (tuple[int, int]): Width and height of the images, px.
        seed (int): Other seeds give other data.
        masks (bool): Whether to write masks.
        keypoints_3d (bool): Whether to write 3D keypoints.
        camera (bool): Whether to write the cameras.
        names (list[str]): Keypoint names.

    Returns:
        Path: The annotation file.
    """
    root = Path(root)
    for folder in ('annotations', f'images/{split}', f'masks/{split}'):
        (root / folder).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    width, height = size
    content = dict(images=[], annotations=[])
    for i in range(num_images):
        focal = width * rng.uniform(1.2, 1.8)
        center = (np.array(size) - 1) / 2 + rng.uniform(-1, 1, 2)
        points = rng.normal(0, 25, (len(names), 3)) + [0, 0, 400]
        pixels = focal * points[:, :2] / points[:, 2:] + center
        image = rng.integers(0, 128, (height, width, 3), dtype=np.uint8)
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, cv2.convexHull(pixels.round().astype(np.int32)), 255)
        image[mask > 0] += 128
        name = f'{split}/{i:06d}.png'
        cv2.imwrite(str(root / 'images' / name), image)
        content['images'].append(dict(id=i, file_name=name, width=width, height=height))
        low, high = pixels.min(0), pixels.max(0)
        content['annotations'].append(
            dict(
                id=100 + i,
                image_id=i,
                category_id=1,
                bbox=[*low.tolist(), *(high - low).tolist()],
                area=float((high - low).prod()),
                iscrowd=0,
                num_keypoints=len(names),
                keypoints=np.insert(pixels, 2, 2, axis=1).ravel().tolist(),
            )
        )
        if camera:
            content['images'][-1]['camera'] = dict(
                focal=[focal, focal], principal_point=center.tolist()
            )
        if keypoints_3d:
            content['annotations'][-1]['keypoints_3d'] = points.tolist()
        if masks:
            cv2.imwrite(str(root / 'masks' / name), mask)
            content['annotations'][-1]['mask_file'] = name
    content['categories'] = [
        dict(id=1, name='hand', keypoints=list(names), skeleton=SKELETON)
    ]
    ann_file = root / 'annotations' / f'{split}.json'
    ann_file.write_text(json.dumps(content))
    return ann_file

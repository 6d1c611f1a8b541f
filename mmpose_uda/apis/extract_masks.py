"""Foreground masks for data sets that have none: ``extract_masks.py``."""

import json
import os.path as osp
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Optional

import cv2
import numpy as np
from mmpose.registry import DATASETS
from tqdm import tqdm

from mmpose_uda.datasets.coco_file import box_of, load_coco, with_images
from mmpose_uda.datasets.grabcut import grabcut_mask
from mmpose_uda.datasets.image_folder import NO_IMAGES
from mmpose_uda.datasets.output_names import mask_name, output_stems
from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.errors import UserError, check_writable
from mmpose_uda.evenly import evenly
from mmpose_uda.visualization import mask_sheet, save_picture
from mmpose_uda.whole_files import write_whole

_SHOWN = 24  # on the contact sheet, spread over the data set


def extract_masks(
    root: str,
    boxes: Optional[str] = None,
    ann_file: Optional[str] = None,
    images: str = 'images',
    masks: str = 'masks',
    sheet: Optional[str] = None,
) -> str:
    """Segment every box of a data set and write the masks.

    Args:
        root (str): Folder of the data set.
        boxes (str, optional): JSON of boxes by image name, relative to ``root``.
        ann_file (str, optional): COCO-style JSON, relative to ``root``; a copy that names
            the masks is written beside it as ``<name>_masks.json``.
        images (str): Folder of the images of a COCO-style data set, relative to ``root``.
        masks (str): Folder of the masks, relative to ``root``; made if missing.
        sheet (str, optional): The contact sheet. Defaults to ``contact_sheet.jpg``
            in the folder of the masks.

    Returns:
        str: What was written, in words.

    Raises:
        UserError: A file is missing or cannot be written, an image does not decode, a box
            is invalid, or a mask would overwrite something else.
    """
    folder = Path(root) / masks
    content = load_coco(str(Path(root, ann_file))) if ann_file else {}
    if ann_file:
        instances = list(_of_annotations(content, root, ann_file, images))
    else:
        instances = _of_folder(root, boxes, masks)
    if not instances:
        raise UserError(f'{ann_file} has no box to segment: add some.')
    _keep_others(folder / name for _, name in instances)
    sheet = sheet or str(folder / 'contact_sheet.jpg')
    check_writable(sheet)
    named = Path(root, f'{Path(ann_file).with_suffix("")}_masks.json') if ann_file else None
    if named:
        check_writable(named)
    if not any(Path(info['img_path']).is_relative_to(folder) for info, _ in instances):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / NO_IMAGES, '')
    tiles = _segment(instances, folder)
    written = f'{len(instances)} masks in {folder}'
    if named:
        write_whole(named, json.dumps(content))
        written += f', named in {named}'
        without = len(content['annotations']) - len(instances)
        if without:
            written += f' ({without} annotations without: crowds, or boxes of no size)'
    shown_images, shown_masks = zip(*tiles)
    save_picture(sheet, mask_sheet(shown_images, shown_masks))
    return f'{written}; look at {sheet}'


def _segment(
    instances: list[tuple[dict, str]], folder: Path
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Write every mask; return some images and masks to show."""
    shown = set(evenly(len(instances), _SHOWN))
    tiles = []
    load = LoadPoseImage()
    for number, (info, name) in enumerate(tqdm(instances, unit='mask')):
        info = load(info)
        mask = grabcut_mask(info['img'], info['bbox'][0])
        save_picture(folder / name, mask)
        if number in shown:
            tiles.append((info['img'], mask))
    return tiles


def _of_folder(root: str, boxes: Optional[str], masks: str) -> list[tuple[dict, str]]:
    """Return every box of a folder of images, and the name of its mask."""
    dataset = DATASETS.build(
        dict(type='UnlabelledImageFolder', data_root=root, boxes=boxes, masks=masks)
    )
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    return [(info, osp.relpath(info['mask_path'], Path(root, masks))) for info in infos]


def _of_annotations(
    content: dict[str, Any], root: str, ann_file: str, images: str
) -> Iterator[tuple[dict, str]]:
    """Yield the same for an annotation file, and add the names to its annotations.

    The masks of each annotation file have a folder of their own, because two files may have
    the same images.
    """
    stems = output_stems(image['file_name'] for image in content['images'])
    count: Counter[str] = Counter()
    for annotation, image in with_images(content, ann_file):
        x, y, w, h = box_of(annotation, ann_file)
        if annotation.get('iscrowd') or w <= 0 or h <= 0:
            continue
        stem = stems[image['file_name']]
        name = f'{Path(ann_file).stem}/{mask_name(stem, count[stem])}'
        annotation['mask_file'] = name
        count[stem] += 1
        box = np.array([[x, y, x + w, y + h]], np.float32)
        yield dict(img_path=str(Path(root, images, image['file_name'])), bbox=box), name


def _keep_others(paths: Iterable[Path]) -> None:
    """Refuse to overwrite files that are not masks, such as an image called a_0.png."""
    for path in filter(Path.exists, paths):
        old = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if old is None or old.ndim != 2 or not np.isin(old, (0, 255)).all():
            raise UserError(
                f'A mask would overwrite {path}, which is not a mask: name another folder '
                'as --masks.'
            )

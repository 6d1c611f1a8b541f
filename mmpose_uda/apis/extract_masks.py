"""Foreground masks for data sets that have none: ``extract_masks.py``."""

import json
from pathlib import Path
from typing import Iterator, Optional

import cv2
import numpy as np
from mmpose.registry import DATASETS
from tqdm import tqdm

from mmpose_uda.datasets.files import load_json
from mmpose_uda.datasets.grabcut import grabcut_mask
from mmpose_uda.datasets.image_folder import mask_name
from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.visualization import mask_sheet, save_picture

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
        images (str): Folder of the images of a COCO-style data set, relative.
        masks (str): Folder of the masks, relative; made if missing.
        sheet (str, optional): The contact sheet. Defaults to ``contact_sheet.jpg``
            in the folder of the masks.

    Returns:
        str: What was written, in words.

    Raises:
        UserError: A file is missing, or an image does not decode.
    """
    folder = Path(root) / masks
    content = load_json(str(Path(root) / ann_file)) if ann_file else None
    instances = list(_instances(root, boxes, ann_file, images, masks))
    shown = set(np.linspace(0, len(instances) - 1, _SHOWN).astype(int).tolist())
    names, tiles = {}, []
    load = LoadPoseImage()
    for number, (info, name) in enumerate(tqdm(instances, unit='mask')):
        info = load(info)
        mask = grabcut_mask(info['img'], info['bbox'][0])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), mask)
        names[info['id']] = name
        if number in shown:
            tiles.append((info['img'], mask))
    written = f'{len(instances)} masks in {folder}'
    if content is not None:
        for annotation in content['annotations']:
            if annotation['id'] in names:
                annotation['mask_file'] = names[annotation['id']]
        copy = Path(root) / ann_file
        copy = copy.with_name(f'{copy.stem}_masks.json')
        copy.write_text(json.dumps(content))
        written += f', named in {copy}'
    sheet = sheet or str(folder / 'contact_sheet.jpg')
    save_picture(sheet, mask_sheet(*zip(*tiles)))
    return f'{written}; look at {sheet}'


def _instances(
    root: str, boxes: Optional[str], ann_file: Optional[str], images: str, masks: str
) -> Iterator[tuple[dict, str]]:
    """Every instance of the data set without its labels, and the name of its mask."""
    if ann_file is None:
        dataset = DATASETS.build(
            dict(type='UnlabelledImageFolder', data_root=root, boxes=boxes, masks=masks)
        )
        base = Path(root)
    else:
        dataset = DATASETS.build(
            dict(
                type='PoseDataset',
                data_root=root,
                ann_file=ann_file,
                data_prefix=dict(img=images),
                labels=False,
            )
        )
        base = Path(root) / images
    count: dict[str, int] = {}
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        name = Path(info['img_path']).relative_to(base).as_posix()
        number = count[name] = count.get(name, -1) + 1
        yield info, mask_name(name, number)

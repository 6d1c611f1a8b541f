"""Folders of images without labels."""

import logging
import mimetypes
import os
import os.path as osp
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import nullcontext
from typing import Any, Iterable, Optional

import numpy as np
from mmengine.logging import print_log
from mmpose.registry import DATASETS
from PIL import Image

from mmpose_uda.datasets.faults import listed
from mmpose_uda.datasets.files import load_json, require_path
from mmpose_uda.datasets.output_names import mask_name, output_stems
from mmpose_uda.datasets.pose_dataset import PoseDataset
from mmpose_uda.errors import UserError

BOXES_FILE = 'boxes.json'  # boxes of a folder of images, in that folder
NO_IMAGES = '.nomedia'  # marks a folder of masks, as one that photo galleries skip
_IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
# formats of phones and cameras that are not in every system's list of types
_OTHER_PICTURES = (
    '.arw', '.avif', '.cr2', '.cr3', '.dng', '.heic', '.heif', '.jfif', '.jp2', '.jpe',
    '.jxl', '.nef', '.psd',
)  # fmt: skip
_LARGEST_BOX = 1e6  # px; no image is larger, and cropping would overflow


@DATASETS.register_module()
class UnlabelledImageFolder(PoseDataset):
    """Images of a folder and its subfolders, sorted by name: a target without labels.

    Args:
        data_root (str): The folder.
        boxes (str, optional): JSON file, relative to ``data_root``, that gives one box
            or a list of boxes [x, y, w, h] (px) for each file name relative to
            ``data_root``; images that it does not name are left out. Without it a
            sample is a whole image (:class:`LoadPoseImage` sets its box).
        masks (str, optional): Folder, relative to ``data_root``, of the masks that
            ``tools/dataset_converters/extract_masks.py`` makes: ``<name>_<i>.png`` for box
            i of an image (:func:`output_stems`). Images in it are not samples.
        metainfo (dict, optional): Keypoint definition. By default it is that of the
            source in a :class:`SourceTargetDataset`, otherwise :data:`HAND21`.
        **kwargs: As for mmpose's ``BaseCocoStyleDataset``.
    """

    def __init__(
        self,
        data_root: str,
        boxes: Optional[str] = None,
        masks: Optional[str] = None,
        metainfo: Optional[dict] = None,
        **kwargs,
    ):
        self.has_own_metainfo = metainfo is not None
        self.mask_folder = masks
        super().__init__(
            data_root=data_root,
            ann_file=boxes or '',
            metainfo=metainfo,
            data_prefix=dict(img=''),
            labels=False,
            masks=masks is not None,
            **kwargs,
        )

    def adopt_metainfo(self, metainfo: dict) -> None:
        """Adopt a parsed keypoint definition, unless one was given."""
        if not self.has_own_metainfo:
            self._metainfo = metainfo

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        masks = self.mask_folder and osp.join(self.data_root, self.mask_folder)
        names = find_images(self.data_root, masks)
        boxes = load_boxes(self.ann_file, self.data_root, names) if self.ann_file else {}
        require_near_boxes(boxes, self.ann_file)
        stems = output_stems(names)
        instances = []
        for img_id, name in enumerate(names):
            info = dict(img_id=img_id, img_path=osp.join(self.data_root, name))
            found = boxes.get(name, []) if self.ann_file else [None]
            for number, box in enumerate(found):
                instance = dict(info, id=len(instances), **_box_info(box))
                if self.mask_folder is not None:
                    file_name = mask_name(stems[name], number)
                    instance['mask_path'] = osp.join(
                        self.data_root, self.mask_folder, file_name
                    )
                instances.append(instance)
        return instances, []


def find_images(folder: str, without: Optional[str | os.PathLike] = None) -> list[str]:
    """Find the image files of a folder and its subfolders, following symbolic links.

    What operating systems leave behind (names that begin with a dot, ``__MACOSX``) is
    skipped, and so are subfolders with a ``.nomedia``, such as those of
    ``extract_masks.py``. Warnings count the pictures and videos of types that are not read,
    and the names of images that are not files: pipes, devices, broken links.

    Args:
        folder (str): The folder.
        without (path, optional): A folder that is left out with everything in it, if it
            lies within ``folder``.

    Returns:
        list[str]: Their paths relative to ``folder``, with slashes, sorted.

    Raises:
        UserError: There are none.
    """
    left_out = without and osp.abspath(without)
    if left_out and not _is_within(left_out, osp.abspath(folder)):
        left_out = None
    files = sorted(
        osp.relpath(osp.join(parent, name), folder).replace(os.sep, '/')
        for parent, names in _walk(folder)
        for name in names
        if not (left_out and _is_within(parent, left_out))
    )
    named = [name for name in files if is_image(name)]
    names = [name for name in named if osp.isfile(osp.join(folder, name))]
    _warn_of_other_pictures(folder, [name for name in files if not is_image(name)])
    if len(names) < len(named):
        there = set(names)
        print_log(
            f'{len(named) - len(names)} of the {len(named)} names of images in {folder} '
            'are not files, but pipes, devices or broken links, and are left out: '
            f'remove {listed([name for name in named if name not in there])}.',
            'current',
            logging.WARNING,
        )
    if not names:
        raise UserError(
            f'The folder `{folder}` holds no images: put '
            f'{", ".join(_IMAGE_SUFFIXES)} files there, or correct its name.'
        )
    return names


def _walk(folder: str) -> Iterator[tuple[str, list[str]]]:
    """Yield folders with their files, each once even if several links lead to it."""
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        if osp.realpath(parent) in seen:
            folders.clear()
            continue
        seen.add(osp.realpath(parent))
        folders[:] = sorted(
            name
            for name in folders
            if not _is_left_behind(name)
            and not osp.exists(osp.join(parent, name, NO_IMAGES))
        )
        yield parent, [name for name in names if not _is_left_behind(name)]


def _is_left_behind(name: str) -> bool:
    """Whether operating systems and editors create files or folders of this name."""
    return name.startswith('.') or name == '__MACOSX'


def _warn_of_other_pictures(folder: str, names: list[str]) -> None:
    others = Counter(filter(None, (_other_picture(folder, name) for name in names)))
    if others:
        counts = ', '.join(f'{n} {kind}' for kind, n in sorted(others.items()))
        print_log(
            f'The folder {folder} holds pictures of types that are not read ({counts}): '
            'they are left out unless you convert them, for example to .jpg.',
            'current',
            logging.WARNING,
        )


def _other_picture(folder: str, name: str) -> Optional[str]:
    """The type of a picture or video that is not read; None for other files."""
    stem, suffix = osp.splitext(name.lower())
    kind = mimetypes.types_map.get(suffix, '')
    if kind.startswith(('image/', 'video/')) or suffix in _OTHER_PICTURES:
        return suffix
    is_doubtful = not suffix or is_image(stem)  # IMG_0001, photo.jpg.txt
    if is_doubtful and _has_header(osp.join(folder, name)):
        return osp.splitext(stem)[1] + suffix or 'without a suffix'
    return None


def _has_header(path: str) -> bool:
    """Whether a file begins like a picture."""
    try:
        with Image.open(path) if osp.isfile(path) else nullcontext() as image:
            return image is not None
    except Exception:  # Pillow raises anything from bad bytes
        return False


def is_image(name: str) -> bool:
    """Whether a file is an image, by its suffix."""
    return name.lower().endswith(_IMAGE_SUFFIXES)


def _is_within(path: str, folder: str) -> bool:
    path = osp.abspath(path)
    return path == folder or path.startswith(folder + os.sep)


def load_boxes(path: str, folder: str, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read a file of boxes, and warn if it does not name every image.

    Args:
        path (str): JSON file: one box or a list of boxes [x, y, w, h] (px) for each
            image name.
        folder (str): The folder of the images.
        names (Iterable[str]): The images that exist, relative to ``folder``.

    Returns:
        dict[str, np.ndarray]: Image name -> [N, 4] float32, x, y, w, h.

    Raises:
        UserError: The file is missing or not such JSON, or names an image that does not
            exist.
    """
    boxes, there = read_boxes(path), set(names)
    require_images(boxes, there, path, folder)
    if boxes and len(boxes) < len(there):
        print_log(
            f'`{path}` names {len(boxes)} of the {len(there)} images of `{folder}`: the '
            'others are left out.',
            'current',
            logging.WARNING,
        )
    return boxes


def require_images(
    boxes: Iterable[str], there: Container[str], path: str, folder: str
) -> None:
    """Check that all images that a file of boxes names exist.

    Raises:
        UserError: One does not exist.
    """
    for name in sorted(name for name in boxes if name not in there):
        raise UserError(
            f'`{path}` names `{name}`, which is not in `{folder}`: use names relative '
            'to that folder.'
        )


def read_boxes(path: str) -> dict[str, np.ndarray]:
    """Read a file of boxes as :func:`load_boxes` does, whatever images exist.

    Raises:
        UserError: The file is missing or not such JSON.
    """
    require_path(path, 'boxes file', osp.isfile, '`boxes`')
    content = load_json(path)
    if not isinstance(content, dict) or (content and not any(map(is_image, content))):
        raise UserError(
            f'`{path}` holds no boxes by image name: write '
            '{"name.jpg": [x, y, w, h], ...}, or do without it (move a '
            f'{BOXES_FILE} out of the folder of the images).'
        )
    return {name: _to_boxes(value, name, path) for name, value in content.items()}


def _to_boxes(value: Any, name: str, path: str) -> np.ndarray:
    """Convert one box or a list of boxes to [N, 4]."""
    try:
        boxes = np.array(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        boxes = np.array(np.nan)
    if boxes.shape == (0,):  # an image without a box
        return np.zeros((0, 4), np.float32)
    boxes = boxes[None] if boxes.ndim == 1 else boxes
    if boxes.ndim == 2 and boxes.shape[1] == 5:
        raise UserError(
            f'The boxes of `{name}` in `{path}` have five numbers, and a box is '
            '[x, y, w, h]: leave the score out.'
        )
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise UserError(
            f'The boxes of `{name}` in `{path}` are not [x, y, w, h] or a list of '
            'those: correct them.'
        )
    if not (np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()):
        raise UserError(
            f'A box of `{name}` in `{path}` has no positive, finite width and height: '
            'correct or remove it.'
        )
    with np.errstate(over='ignore'):  # becomes infinite
        return boxes.astype(np.float32)


def require_near_boxes(boxes: dict[str, np.ndarray], path: str) -> None:
    """Refuse boxes in training data that reach further than any image.

    Args:
        boxes (dict[str, np.ndarray]): From :func:`load_boxes`.
        path (str): The file that they are from.

    Raises:
        UserError: A box reaches too far.
    """
    for name, own in boxes.items():
        reach = np.abs(own).max(initial=0)
        if reach > _LARGEST_BOX:
            raise UserError(
                f'A box of `{name}` in `{path}` reaches {reach:.0f} px, further than any '
                'image: correct or remove it.'
            )


def _box_info(box: Optional[np.ndarray]) -> dict:
    """Box [x, y, w, h] under mmpose's keys; no keys for a whole image."""
    if box is None:
        return {}
    x, y, w, h = box
    return dict(
        bbox=np.array([[x, y, x + w, y + h]], np.float32),
        bbox_score=np.ones(1, np.float32),
    )

"""A labelled source that is a folder with COCO-style annotations."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.datasets.coco_file import category_of, load_coco
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.errors import UserError


@dataclass(frozen=True)
class SourceFolder:
    """Where things are in a source's folder; paths are relative to it.

    Args:
        root (Path): The folder.
        images (str): Its folder of images; '' if they are in ``root``.
        train (str): Annotations to train on.
        val (str, optional): Annotations to validate on.
        has_parts (bool): Whether feet, face and hands have separate keys in them, as in
            COCO-WholeBody.
        samples (int): Labelled instances of ``train``, if :func:`find_source` counted them.
    """

    root: Path
    images: str
    train: str
    val: Optional[str]
    has_parts: bool = False
    samples: int = 0

    @property
    def dataset(self) -> str:
        """Name of the data set class that reads it."""
        return 'CocoWholeBodyDataset' if self.has_parts else 'PoseDataset'


_CONVERTED = ('the config', 'give another BASE_CONFIG')


def find_source(
    folder: str, metainfo: dict, wanted_by: tuple[str, str] = _CONVERTED
) -> SourceFolder:
    """Find annotations and images.

    The annotations are ``annotations/train.json``, or else the only JSON apart from
    ``annotations/val.json``, which is optional. The images are in ``images``, or in the
    folder itself.

    Args:
        folder (str): The folder.
        metainfo (dict): The keypoints that it must have, in mmpose's format.
        wanted_by (tuple[str, str]): What has these keypoints, and what to do if others are
            found, for the message.

    Raises:
        UserError: Something is missing, or the keypoints differ.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UserError(f'There is no folder {folder}: correct --source.')
    files = {path.name for path in (root / 'annotations').glob('*.json')}
    candidates = sorted(files & {'train.json'} or files - {'val.json'})
    if len(candidates) != 1:
        raise UserError(
            f'{folder}/annotations has no train.json and {len(candidates)} other '
            'JSON files: rename the one to train on to train.json.'
        )
    found = SourceFolder(
        root=root,
        images='images/' if (root / 'images').is_dir() else '',
        train=f'annotations/{candidates[0]}',
        val='annotations/val.json' if 'val.json' in files else None,
    )
    content = load_coco(str(root / found.train))
    has_parts = check_content(found, content, metainfo, wanted_by)
    samples = sum(map(_is_labelled, content['annotations']))
    return replace(found, has_parts=has_parts, samples=samples)


def _is_labelled(annotation: dict) -> bool:
    """Whether any keypoint is visible; other checks report what is not a number."""
    numbers = np.ravel(np.array(annotation.get('keypoints') or (), object))
    return any(isinstance(v, (int, float)) and v > 0 for v in numbers[2::3])


def check_content(
    source: SourceFolder,
    content: dict[str, Any],
    metainfo: dict,
    wanted_by: tuple[str, str] = _CONVERTED,
) -> bool:
    """Check keypoints and images; return whether the form is COCO-WholeBody's.

    Args:
        source (SourceFolder): The folder that it is from.
        content (dict): Content of its file ``train``.
        metainfo (dict): The keypoints that it must have, in mmpose's format.
        wanted_by (tuple[str, str]): See :func:`find_source`.

    Raises:
        UserError: The keypoints differ, or there are no images.
    """
    path = source.root / source.train
    expected = keypoint_names(parse_pose_metainfo(metainfo))
    counts = _num_keypoints(content['annotations'])
    has_parts = len(counts) > 1 and sum(counts.values()) == len(expected)
    if not has_parts:
        _check_keypoints(content, expected, counts['keypoints'], path, *wanted_by)
    if not content['images']:
        raise UserError(f'{path} names no image: add some to `images`.')
    _check_image(source.root / source.images, content['images'][0]['file_name'], path)
    return has_parts


def _check_image(folder: Path, file_name: str, path: Path) -> None:
    """Raise an error if an image is missing, with where it may be by its name."""
    if (folder / file_name).is_file():
        return
    parts = Path(file_name.replace('\\', '/')).parts
    nearer = (Path(*parts[n:]) for n in range(len(parts)))
    there = next((name for name in nearer if (folder / name).is_file()), None)
    remedy = f'write {there.as_posix()}' if there else 'put the images there'
    raise UserError(
        f'{path} names the image {file_name}, which is not in {folder}: {remedy}.'
    )


def _check_keypoints(
    content: dict[str, Any],
    expected: list[str],
    count: int,
    path: Path,
    owner: str,
    remedy: str,
) -> None:
    """Check keypoints by the names of a category if one has any, else by number."""
    rename = f'order and name them like those, or {remedy}'
    named = category_of(content, expected, str(path), owner, rename)
    if named is None and count != len(expected):
        raise UserError(
            f'The annotations of {path} have {count} keypoints and {owner} has '
            f'{len(expected)} ({", ".join(expected)}): {remedy}.'
        )


def _num_keypoints(annotations: list[dict]) -> dict[str, int]:
    """Keypoints under each key (three numbers each) of the first annotation with any."""
    first = next((ann for ann in annotations if ann.get('keypoints')), {})
    keys = ['keypoints', *(key for key in first if key.endswith('_kpts'))]
    return {key: _size(first.get(key)) // 3 for key in keys}


def _size(value: Any) -> int:
    """Count the numbers in a list, or in nested lists, as some tools write triples."""
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return int(value is not None)

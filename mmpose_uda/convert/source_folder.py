"""A labelled source that is a folder with COCO-style annotations."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_uda.datasets.files import load_json
from mmpose_uda.datasets.keypoint_names import keypoint_names, require_same_keypoints
from mmpose_uda.errors import UserError


@dataclass(frozen=True)
class SourceFolder:
    """Where things are in it; paths are relative to it.

    Args:
        root (Path): The folder.
        images (str): Its folder of images; '' if they are in ``root``.
        train (str): Annotations to train on.
        val (str, optional): Annotations to validate on.
        has_parts (bool): Whether feet, face and hands have keys of their own in them, as
            COCO-WholeBody has it.
    """

    root: Path
    images: str
    train: str
    val: Optional[str]
    has_parts: bool = False

    @property
    def dataset(self) -> str:
        """The class that reads it."""
        return 'CocoWholeBodyDataset' if self.has_parts else 'PoseDataset'


def find_source(folder: str, metainfo: dict) -> SourceFolder:
    """Find annotations and images.

    The annotations are ``annotations/train.json``, or the only other JSON beside
    ``annotations/val.json``, which may be there too. The images are in ``images``, or in
    the folder itself.

    Args:
        folder (str): The folder.
        metainfo (dict): The keypoints that it must have, in mmpose's format.

    Raises:
        UserError: Something is missing, or the keypoints are others.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UserError(f'There is no folder {folder}: correct --source.')
    files = {path.name for path in (root / 'annotations').glob('*.json')}
    candidates = sorted(files & {'train.json'} or files - {'val.json'})
    if len(candidates) != 1:
        raise UserError(
            f'{folder}/annotations has no train.json and {len(candidates)} other '
            'JSON files: name the one to train on train.json.'
        )
    found = SourceFolder(
        root=root,
        images='images/' if (root / 'images').is_dir() else '',
        train=f'annotations/{candidates[0]}',
        val='annotations/val.json' if 'val.json' in files else None,
    )
    has_parts = _check_content(found, metainfo)
    return replace(found, has_parts=has_parts)


def _check_content(source: SourceFolder, metainfo: dict) -> bool:
    """Whether it has COCO-WholeBody's form; the keypoints are checked in either case."""
    path = source.root / source.train
    content = load_json(str(path))
    try:
        (category, *_), (image, *_) = content['categories'], content['images']
        names, file_name = category.get('keypoints'), image['file_name']
        counts = _num_keypoints(content['annotations'])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f'{path} is not a COCO-style file: it needs `images` with `file_name`, '
            '`categories`, and `annotations` with `keypoints`.'
        ) from error
    expected = keypoint_names(parse_pose_metainfo(metainfo))
    has_parts = len(counts) > 1 and sum(counts.values()) == len(expected)
    count = counts['keypoints']
    if not has_parts and names is None and count != len(expected):
        raise UserError(
            f'The annotations of {path} have {count} keypoints and the config trains '
            f'{len(expected)} ({", ".join(expected)}): give another BASE_CONFIG.'
        )
    if not has_parts and names is not None:
        require_same_keypoints(
            {str(path): names, 'the config': expected},
            'order and name them so, or give another BASE_CONFIG',
        )
    if not (source.root / source.images / file_name).is_file():
        raise UserError(
            f'{path} names the image {file_name}, which is not in '
            f'{source.root / source.images}: put the images there.'
        )
    return has_parts


def _num_keypoints(annotations: list[dict]) -> dict[str, int]:
    """Of the first annotation that has any: under each key, three numbers a keypoint."""
    first = next((ann for ann in annotations if ann.get('keypoints')), {})
    keys = ['keypoints', *(key for key in first if key.endswith('_kpts'))]
    return {key: len(first.get(key, ())) // 3 for key in keys}

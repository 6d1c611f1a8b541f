"""Labels of DeepLabCut projects as a COCO-style annotation file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np

from mmpose_uda.datasets.coco_file import image_size
from mmpose_uda.errors import UserError, writing
from mmpose_uda.whole_files import write_whole

_MARGIN = 0.1  # around the labelled points, as a share of their longer side
_LEAST = 2.0  # px, the smallest margin: a single labelled point has no size
_HEADERS = ('scorer', 'individuals', 'bodyparts', 'coords')


class Labels(NamedTuple):
    """One animal in one image.

    Args:
        image (str): Image file, relative to the project.
        points (dict[str, tuple[float, float]]): Body part -> x and y, px.
    """

    image: str
    points: dict[str, tuple[float, float]]


def convert_deeplabcut(project: str, out: Optional[str] = None) -> str:
    """Write the labels of all videos of a project to one file for :class:`PoseDataset`.

    They are read from the ``labeled-data/<video>/CollectedData_<scorer>.csv`` that
    DeepLabCut writes beside each .h5, with one animal or several.

    Args:
        project (str): Folder of the project.
        out (str, optional): File to write. Defaults to ``coco.json`` in the project.

    Returns:
        str: What was written, as a sentence.

    Raises:
        UserError: There are no labels, a file is not DeepLabCut's, an image is missing, or
            the file cannot be written.
    """
    files = sorted(Path(project).glob('labeled-data/*/CollectedData_*.csv'))
    if not files:
        raise UserError(
            f'{project} has no labeled-data/*/CollectedData_*.csv: pass the folder of a '
            'DeepLabCut project, which has one beside each .h5.'
        )
    labels = [one for path in files for one in read_labels(path)]
    content = as_coco(labels, Path(project))
    target = Path(out or Path(project, 'coco.json'))
    with writing(target):
        write_whole(target, json.dumps(content))
    return (
        f'{len(content["annotations"])} animals in {len(content["images"])} images are in '
        f'{target}: use it as `ann_file` of a PoseDataset with data_root={project!r}, '
        "data_prefix=dict(img='') and metainfo='categories'."
    )


def read_labels(path: Path) -> Iterator[Labels]:
    """Yield the labelled animals of a DeepLabCut CSV file, image by image.

    Raises:
        UserError: It is not such a file.
    """
    try:
        with open(path, newline='', encoding='utf-8-sig') as file:
            rows = list(csv.reader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f'{path} is not comma-separated UTF-8 text ({error}): have DeepLabCut write '
            'it again.'
        ) from error
    headers = {row[0]: row for row in rows[: len(_HEADERS)] if row and row[0] in _HEADERS}
    if not {'bodyparts', 'coords'} <= set(headers) or 'x' not in headers['coords']:
        raise UserError(
            f'{path} is not a DeepLabCut table: it lacks the rows bodyparts and coords.'
        )
    # the path of an image takes one column, or three
    first = headers['coords'].index('x')
    individuals = headers.get('individuals', [''] * len(headers['coords']))
    columns = list(zip(individuals, headers['bodyparts'], headers['coords']))
    for row in rows[len(headers) :]:
        animals: dict[str, dict[str, list[float]]] = {}
        if len(row) > len(columns):
            raise UserError(
                f'{path} has {len(row)} columns in a row and {len(columns)} in its header: '
                'have DeepLabCut write it again.'
            )
        for (animal, part, axis), text in list(zip(columns, row))[first:]:
            if axis in ('x', 'y'):
                xy = animals.setdefault(animal, {}).setdefault(part, [])
                xy.append(_number(text, path))
        for parts in animals.values():
            points = {
                name: tuple(xy)
                for name, xy in parts.items()
                if len(xy) == 2 and np.isfinite(xy).all()
            }
            if points:
                yield Labels('/'.join(filter(None, row[:first])), points)


def as_coco(labels: list[Labels], project: Path) -> dict[str, Any]:
    """Return the labels in COCO's format, body parts in the order of their first label.

    Boxes are those of the labelled points, a tenth wider on each side.

    Raises:
        UserError: An image is missing.
    """
    names = list(dict.fromkeys(name for one in labels for name in one.points))
    numbers = {image: n for n, image in enumerate(dict.fromkeys(o.image for o in labels))}
    images, annotations = [], []
    for image, n in numbers.items():
        width, height = image_size({}, str(project / image))
        images.append(dict(id=n, file_name=image, width=width, height=height))
    for n, one in enumerate(labels):
        box = _box_about(np.array(list(one.points.values())))
        triples = [
            (*one.points.get(name, (0.0, 0.0)), 2 * (name in one.points)) for name in names
        ]
        annotations.append(
            dict(
                id=n,
                image_id=numbers[one.image],
                category_id=1,
                iscrowd=0,
                bbox=box,
                area=box[2] * box[3],
                keypoints=[value for triple in triples for value in triple],
                num_keypoints=len(one.points),
            )
        )
    category = dict(id=1, name='animal', keypoints=names, skeleton=[])
    return dict(images=images, annotations=annotations, categories=[category])


def _box_about(points: np.ndarray) -> list[float]:
    """Box xywh, px, around points [n, 2]."""
    low, high = points.min(0), points.max(0)
    margin = max(_MARGIN * (high - low).max(), _LEAST)
    return [*(low - margin).tolist(), *(high - low + 2 * margin).tolist()]


def _number(text: str, path: Path) -> float:
    try:
        return float(text or 'nan')
    except ValueError as error:
        raise UserError(f'{path} has {text!r} where a coordinate should be.') from error

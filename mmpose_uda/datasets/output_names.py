"""Names of files written about images, derived from the names of the images."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath


def output_stems(names: Iterable[str]) -> dict[str, str]:
    """Return a path without suffix for every image, to be joined to a folder of results.

    It is the image's own path, including subfolders. An image that differs from another
    only in its suffix keeps the suffix. Parts that lead out of the folder (a root, ``..``)
    are left out, whatever names an annotation file contains.

    Args:
        names (Iterable[str]): Paths of images, with slashes.

    Returns:
        dict[str, str]: Name -> path with slashes, relative; no two are equal.
    """
    inside = {name: _inside(name) for name in names}
    images = set(inside.values())
    stems = Counter(_stem(image) for image in images)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name, image in inside.items():
        stem = _stem(image)
        path = image if stems[stem] > 1 or stem in images else stem
        number = 1
        while path in taken:  # ../a.jpg beside a.jpg
            number += 1
            path = f'{image}~{number}'
        taken.add(path)
        found[name] = path
    return found


def mask_name(stem: str, number: int) -> str:
    """File name of the mask of box ``number`` (from 0) of the image with this stem."""
    return f'{stem}_{number}.png'


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    return '/'.join(part for part in path.parts if part not in (path.anchor, '..'))


def _stem(image: str) -> str:
    path = PurePosixPath(image)
    return str(path.parent / path.stem)

"""Projects of DeepLabCut, tiny."""

import csv
from pathlib import Path

import cv2
import numpy as np

PARTS = ['nose', 'left_ear', 'right_ear']


def write_project(root, several: bool = False, columns: int = 3) -> Path:
    """Two videos of two images each; the second image of each lacks its second part.

    The points of image i of video v are (10 + i, 20 + v) and on in steps of 10 px.

    Args:
        root (path): Folder of the project, made.
        several (bool): Whether there are two animals in each image, 5 px apart.
        columns (int): That name an image: 3, or 1 as older versions have.
    """
    root = Path(root)
    animals = ['mouse1', 'mouse2'] if several else ['']
    for v in range(2):
        folder = root / 'labeled-data' / f'video{v}'
        folder.mkdir(parents=True)
        cells = [
            (animal, part, axis) for animal in animals for part in PARTS for axis in 'xy'
        ]
        blank = [''] * (columns - 1)
        rows = [['scorer', *blank, *['me'] * len(cells)]]
        if several:
            rows.append(['individuals', *blank, *[cell[0] for cell in cells]])
        rows.append(['bodyparts', *blank, *[cell[1] for cell in cells]])
        rows.append(['coords', *blank, *[cell[2] for cell in cells]])
        for i in range(2):
            name = f'img{i:03d}.png'
            cv2.imwrite(str(folder / name), np.zeros((60, 80, 3), np.uint8))
            path = ['labeled-data', f'video{v}', name]
            values = []
            for animal, part, axis in cells:
                k = PARTS.index(part)
                value = (
                    (10 + i if axis == 'x' else 20 + v) + 10 * k + 5 * animals.index(animal)
                )
                values.append('' if i == 1 and k == 1 else float(value))
            rows.append([*(path if columns == 3 else ['/'.join(path)]), *values])
        with open(folder / 'CollectedData_me.csv', 'w', newline='') as file:
            csv.writer(file).writerows(rows)
    return root

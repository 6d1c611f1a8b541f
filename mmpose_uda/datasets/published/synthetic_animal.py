"""Synthetic animals: renderings of horses, tigers, hounds and sheep."""

import glob
import os.path as osp
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_json, load_npy
from mmpose_uda.datasets.published.animals import PublishedAnimals
from mmpose_uda.datasets.published.base import Instance
from mmpose_uda.datasets.published.protocol import held_out
from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import ANIMAL14, ANIMAL18

_SIZE = (640, 480)  # px, of all images
_METAINFO = dict(horse=ANIMAL18, tiger=ANIMAL18, hound=ANIMAL14, sheep=ANIMAL14)
# The vertices of an animal's mesh that are its keypoints, as published.
_VERTICES = dict(
    horse=[1718, 1684, 1271, 1634, 1650, 1643, 1659, 925, 392, 564, 993, 726, 1585, 1556,
           427, 1548, 967, 877],
    tiger=[2753, 2679, 2032, 1451, 1287, 3085, 1632, 229, 1441, 1280, 2201, 1662, 266, 158,
           270, 152, 219, 129],
    hound=[2028, 2580, 878, 977, 1541, 1734, 799, 1575, 1446, 602, 780, 1580, 466, 631],
    sheep=[2046, 1944, 1875, 1900, 1868, 1894, 173, 1829, 1422, 821, 622, 575, 1370, 716],
)  # fmt: skip


class _Rendering(NamedTuple):
    image: str  # relative to the data set's folder
    points: np.ndarray  # [K, 2], px
    box: np.ndarray  # [4] xyxy, px, of the whole mesh


@DATASETS.register_module()
class SyntheticAnimal(PublishedAnimals):
    """Synthetic animals (Mu et al., Learning from Synthetic Animals, CVPR 2020).

    Horse and tiger have 18 keypoints ('animal18'), hound and sheep are read with 14
    ('animal14'), as in the benchmarks that use them as the source. 8000 images of each are
    for training and 2000 for validation. The box is that of the whole mesh within the image
    of 640 x 480 px. All keypoints in the image are visible, even occluded ones.

    Annotations are read from ``clean_data/keypoints_{18,14}.json`` if it exists: the table
    of keypoints, boxes and split that UDA-Animal-Pose (CVPR 2021) and UniFrame (ECCV 2022)
    read, provided by the former for 18 keypoints and made by a script of the latter for 14.
    Otherwise they are read from the vertices beside each image, which is slower, and the
    split from files that come with the code: copy the folders
    ``<animal>_combineds5r5_texture`` from ``data/synthetic_animal/`` of
    JitengMu/Learning-from-Synthetic-Animals into those of the images. ``own_split`` instead
    takes a fifth of the images for ``'valid'``, at random.

    Args:
        data_root (str): The folder with the folder synthetic_animal in it.
        split (str): ``'train'`` or ``'valid'``.
        animals (Sequence[str], optional): Default: horse and tiger. All must have the same
            number of keypoints.
        own_split (bool): See above.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: As for :class:`PublishedAnimals`; or the animals have different
            keypoints.
    """

    METAINFO = ANIMAL18
    ANIMALS = ('horse', 'hound', 'sheep', 'tiger')
    DEFAULT_ANIMALS = ('horse', 'tiger')
    SOURCE = 'the project Learning from Synthetic Animals (Johns Hopkins University)'
    TREE = """
synthetic_animal/  (any name)
  synthetic_animal/{horse,tiger,hound,sheep}_combineds5r5_texture/*_img.png, *_kpts.npy
  synthetic_animal/*_combineds5r5_texture/{train,valid}_idxs.npy  (the split, of published
                                                                   code), or instead of it
  clean_data/keypoints_{18,14}.json                               (keypoints and split)
"""

    def __init__(
        self,
        data_root: str,
        split: str,
        animals: Optional[Sequence[str]] = None,
        **kwargs: Any,
    ):
        kwargs.setdefault('metainfo', self.default_metainfo(dict(animals=animals)))
        super().__init__(data_root=data_root, split=split, animals=animals, **kwargs)

    @classmethod
    def default_metainfo(cls, config: dict) -> dict:
        """Return the keypoint definition of the animals.

        Args:
            config (dict): The arguments of the class.

        Raises:
            UserError: The animals have different keypoints.
        """
        animals = config.get('animals') or cls.DEFAULT_ANIMALS
        first, *others = (_METAINFO.get(animal, ANIMAL18) for animal in animals)
        if any(other is not first for other in others):
            raise UserError(
                f'SyntheticAnimal cannot mix {list(animals)}: horse and tiger have 18 '
                'keypoints, hound and sheep 14.'
            )
        return first

    def load_animal(self, animal: str) -> Iterator[Instance]:
        """Yield the instances of one animal in the split."""
        table = f'clean_data/keypoints_{len(_VERTICES[animal])}.json'
        if osp.isfile(osp.join(self.data_root, table)):
            renderings = self._load_table(table, animal)
        else:
            renderings = self._load_meshes(animal)
        for rendering in renderings:
            self.require(rendering.image)
            yield _to_instance(rendering)

    def _load_table(self, path: str, animal: str) -> Iterator[_Rendering]:
        content = load_json(self.require(path))
        try:
            table = content[animal]
            rows = list(zip(table['imgpath'], table['keypoints'], table['bbox']))
            numbers = None if self.own_split else table[f'{self.split}_idxs']
            for image, points, (left, right, top, bottom) in self._rows_of_split(
                rows, numbers
            ):
                # Images in the table are relative to the folder of its author.
                image = 'synthetic_animal/' + image.split('synthetic_animal/')[-1]
                points = np.asarray(points, np.float32).reshape(len(_VERTICES[animal]), -1)
                box = np.array([left, top, right, bottom], np.float32)
                yield _Rendering(image, points[:, :2], box)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self.misfit(
                f'has a `{path}` that does not hold keypoints and a split of the {animal} '
                f'({type(error).__name__}: {error})'
            ) from error

    def _load_meshes(self, animal: str) -> Iterator[_Rendering]:
        folder = f'synthetic_animal/{animal}_combineds5r5_texture'
        full = glob.escape(self.require(folder))
        names = sorted(osp.basename(path) for path in glob.glob(f'{full}/*img.png'))
        numbers = None
        if not self.own_split:
            numbers = self.load_split_file(f'{folder}/{self.split}_idxs.npy')
        for name in self._rows_of_split(names, numbers):
            path = f'{folder}/{name.removesuffix("img.png")}kpts.npy'
            mesh = load_npy(self.require(path))
            if mesh.ndim != 2 or len(mesh) <= max(_VERTICES[animal]):
                raise self.misfit(f'has a `{path}` without the vertices of a {animal}')
            mesh = mesh[:, :2].astype(np.float32)
            box = np.concatenate([mesh.min(0), mesh.max(0)])
            yield _Rendering(f'{folder}/{name}', mesh[_VERTICES[animal]], box)

    def _rows_of_split(self, rows: list, numbers: Optional[Sequence[int]]) -> list:
        """Rows of the split, by published numbers or by a rule of this package."""
        if numbers is None:
            return held_out(rows)[self.SPLITS.index(self.split)]
        return self.selected(rows, numbers, 'images of an animal')


def _to_instance(rendering: _Rendering) -> Instance:
    points = rendering.points
    # Row 0 means 'nowhere' in the published code.
    visible = (points >= 0).all(-1) & (points <= _SIZE).all(-1) & (points[:, 1] > 0)
    return Instance(
        image=rendering.image,
        keypoints=np.where(visible[:, None], points, 0),
        visible=visible,
        box=np.clip(rendering.box, 0, [*_SIZE, *_SIZE]),
    )

"""AnimalPose: photos of dogs, sheep and others."""

from collections.abc import Iterator

import numpy as np
from mmpose.registry import DATASETS

from mmpose_uda.datasets.files import load_json
from mmpose_uda.datasets.published.animals import PublishedAnimals
from mmpose_uda.datasets.published.base import Instance
from mmpose_uda.datasets.published.protocol import held_out
from mmpose_uda.metainfo import ANIMAL14

_IN_FILE = 20
# Keypoints of the file in the order of the metainfo: eyes, paws, knees, elbows.
_ORDER = np.array([0, 1, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8])
_SPLIT_FILES = dict(train='train_anno.npy', valid='test_anno.npy')


@DATASETS.register_module()
class AnimalPose14(PublishedAnimals):
    """Animal-Pose (Cao et al., ICCV 2019) with 14 of its 20 keypoints.

    Two eyes, four paws (hooves here), knees and elbows, as UniFrame (ECCV 2022) scores
    them. Boxes are those of the file. A keypoint is visible if its row is above 0, as in
    the published evaluation; with ``clean``, only if its flag says so too.

    The split has 1416 and 355 dogs, 862 and 216 sheep. Its files
    ``<animal>/{train,test}_anno.npy`` hold the annotations themselves and come with
    UniFrame's code: copy the folder ``real_animal_pose`` from ``cached_data/`` of
    VisionLearningGroup/UDA_PoseEstimation. They are pickles, of which only arrays, numbers
    and containers are read. ``own_split`` instead takes a fifth of an animal's images for
    ``'valid'``, so that no image is in both splits.

    Args:
        data_root (str): The folder animal-pose.
        split (str): ``'train'`` or ``'valid'``.
        animals (Sequence[str], optional): Default: dog and sheep.
        own_split (bool): See above.
        clean (bool): See above.
        **kwargs: As for :class:`PoseDataset`.

    Raises:
        UserError: See :class:`PublishedAnimals`.
    """

    METAINFO = ANIMAL14
    ANIMALS = ('cat', 'cow', 'dog', 'horse', 'sheep')
    DEFAULT_ANIMALS = ('dog', 'sheep')
    SOURCE = 'the Animal-Pose project (github.com/noahcao/animal-pose-dataset, part I)'
    TREE = """
animal-pose/
  images/2007_000063.jpg ...
  keypoints.json
  real_animal_pose/{dog,sheep}/{train,test}_anno.npy  (the split, of UniFrame's code)
"""

    def load_animal(self, animal: str) -> Iterator[Instance]:
        """Yield the instances of one animal in the split."""
        content = load_json(self.require('keypoints.json'))
        try:
            for annotation in self._annotations_of_split(content, animal):
                yield self._to_instance(annotation, content['images'])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise self.misfit(
                'has a `keypoints.json` or split that does not hold images by number and '
                f'annotations of {_IN_FILE} keypoints ({type(error).__name__}: {error})'
            ) from error

    def _annotations_of_split(self, content: dict, animal: str) -> list[dict]:
        if not self.own_split:
            path = f'real_animal_pose/{animal}/{_SPLIT_FILES[self.split]}'
            return self.load_split_file(path).tolist()
        (category,) = (c['id'] for c in content['categories'] if c['name'] == animal)
        annotations = [a for a in content['annotations'] if a['category_id'] == category]
        parts = held_out(sorted({a['image_id'] for a in annotations}))
        images = set(parts[self.SPLITS.index(self.split)])
        return [a for a in annotations if a['image_id'] in images]

    def _to_instance(self, annotation: dict, images: dict) -> Instance:
        image = f'images/{images[str(annotation["image_id"])]}'
        self.require(image)
        points = np.asarray(annotation['keypoints'], np.float32).reshape(_IN_FILE, 3)[
            _ORDER
        ]
        visible = points[:, 1] > 0
        if self.clean:
            visible &= points[:, 2] > 0
        return Instance(
            image=image,
            keypoints=np.where(visible[:, None], points[:, :2], 0),
            visible=visible,
            box=np.asarray(annotation['bbox'], np.float32).reshape(4),
        )

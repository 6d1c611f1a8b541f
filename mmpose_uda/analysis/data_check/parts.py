"""Split the data of a config into its individual data sets."""

import os.path as osp
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Optional

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from mmpose_uda.config import user_errors
from mmpose_uda.datasets.files import load_json
from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.errors import UserError

_KEPT = (
    'id',
    'img_id',
    'img_path',
    'mask_path',
    'mask_values',
    'bbox',
    'keypoints_visible',
)


@dataclass
class Part:
    """One data set of a config: the source, the target, or one of several.

    Args:
        role (str): 'source', 'target', 'train', 'val', 'test', or 'val and test';
            numbered if it is one of several.
        config (dict): Config of the data set, without its pipeline.
        is_trained_on (bool): Whether training reads it.
        loads_masks (bool): Whether its pipeline loads masks.
        infos (list[dict]): The data set's information on its samples, once it is read.
    """

    role: str
    config: dict
    is_trained_on: bool
    loads_masks: bool
    infos: list[dict] = field(default_factory=list)

    @cached_property
    def dataset(self) -> BaseDataset:
        """The data set, not yet read."""
        dataset = DATASETS.build({**self.config, 'pipeline': [], 'lazy_init': True})
        dataset.serialize_data = False  # slow, and only useful for workers
        return dataset

    def read(self, cfg: Config) -> None:
        """Read its annotations.

        Raises:
            UserError: They cannot be read.
        """
        try:
            # loading COCO files prints messages, which would mix with our tables
            with user_errors(cfg), redirect_stdout(None):
                self.dataset.full_init()
                # mmpose's own get_data_info copies the metainfo for every sample
                infos = map(
                    lambda i: BaseDataset.get_data_info(self.dataset, i),
                    range(len(self.dataset)),
                )
                self.infos = [
                    {key: info[key] for key in _KEPT if key in info} for info in infos
                ]
        except UserError:
            raise
        except Exception as error:  # mmpose's own classes raise anything from bad files
            raise UserError(
                f'The {self.role} data cannot be read ({type(error).__name__}: {error}): '
                f'fix `{self.dataset.ann_file or self.dataset.data_root}`.'
            ) from error

    @cached_property
    def content(self) -> Optional[dict[str, Any]]:
        """Content of its annotation file, None if that is not COCO-style."""
        path = self.dataset.ann_file
        if not (path.endswith('.json') and osp.isfile(path)):
            return None
        content = load_json(path)
        is_coco = isinstance(content, dict) and {'images', 'annotations'} <= set(content)
        return content if is_coco else None

    @property
    def images(self) -> list[str]:
        """Paths of its images, sorted, each once."""
        return sorted({info['img_path'] for info in self.infos if 'img_path' in info})

    @property
    def masks(self) -> dict[str, dict]:
        """Paths of the masks that the pipeline loads -> information on a sample with it."""
        if not self.loads_masks:
            return {}
        return {info['mask_path']: info for info in self.infos if 'mask_path' in info}

    @property
    def identity(self) -> tuple:
        """A key that is equal for data sets of the same samples, labelled or not."""
        data = self.dataset
        folder = osp.abspath(data.data_prefix.get('img') or data.data_root or '.')
        return osp.abspath(data.ann_file), folder, getattr(data, 'split', None)


def find_parts(cfg: Config) -> list[Part]:
    """Find the data sets that a config trains, validates and tests on.

    Identical data sets for validation and test become one.
    """
    content = cfg.to_dict()
    parts: list[Part] = []
    for split in ('train', 'val', 'test'):
        loader = content.get(f'{split}_dataloader')
        if not loader or not loader.get('dataset'):
            continue
        for role, config, steps in _unwrap(split, loader['dataset'], []):
            own = {key: value for key, value in config.items() if key != 'pipeline'}
            twin = next((p for p in parts if p.config == own and split == 'test'), None)
            if twin is not None and not twin.is_trained_on:
                twin.role = f'{twin.role} and {role}'
                continue
            loads_masks = any(class_name(step) == 'LoadPoseMask' for step in steps)
            parts.append(Part(role, own, split == 'train', loads_masks))
    return parts


def _unwrap(
    role: str, config: dict, steps: list[dict]
) -> Iterator[tuple[str, dict, list[dict]]]:
    """Yield role, config and transforms of each data set inside wrappers and pairs."""
    steps = [*steps, *(config.get('pipeline') or ())]
    if 'source' in config:
        views = [step for view in (config.get('views') or {}).values() for step in view]
        for domain in ('source', 'target'):
            if config.get(domain) is not None:
                own = dict(config[domain])
                if config.get('metainfo') is not None:
                    own['metainfo'] = config['metainfo']
                yield from _unwrap(domain, own, [*steps, *views])
    elif 'datasets' in config:
        for number, own in enumerate(config['datasets'], start=1):
            yield from _unwrap(f'{role} {number}', own, steps)
    elif isinstance(config.get('dataset'), dict):
        yield from _unwrap(role, config['dataset'], steps)
    else:
        yield role, config, steps

"""Pairs of a labelled source and an unlabelled target sample, as named views."""

from collections.abc import Iterable, Iterator
from typing import Any, Optional, Union

import numpy as np
from mmengine.dataset import BaseDataset, Compose
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from mmpose_uda.datasets.draws import (
    Draw,
    kept_random_states,
    permutation,
    seed_by,
)
from mmpose_uda.datasets.image_folder import UnlabelledImageFolder
from mmpose_uda.datasets.keypoint_names import keypoint_names, require_same_keypoints
from mmpose_uda.datasets.pose_dataset import PoseDataset
from mmpose_uda.datasets.sample_errors import naming_sample, usable_labels
from mmpose_uda.datasets.stock_annotations import ignore_labels, require_labels
from mmpose_uda.datasets.stock_views import derive_views
from mmpose_uda.datasets.transforms import ReplaceBackground
from mmpose_uda.errors import UserError
from mmpose_uda.random_keys import random_key
from mmpose_uda.views import DOMAINS, view_of

# All keys that a target sample may keep; labels of any name are thus dropped.
_TARGET_KEYS = {
    'annotated_size', 'bbox', 'bbox_center', 'bbox_scale', 'bbox_score', 'camera',
    'category_id', 'dataset_name', 'flip_indices', 'flip_pairs', 'hand_side', 'id', 'img',
    'img_id', 'img_path', 'img_shape', 'lower_body_ids', 'ori_shape', 'sample_idx',
    'skeleton_links', 'upper_body_ids',
}  # fmt: skip


@DATASETS.register_module()
class SourceTargetDataset(Dataset):
    """Named views of one source and one target sample for each training draw.

    A draw is a non-negative integer of any size. Each domain is visited in a random order
    that changes with every pass; domains of different length wrap around independently. A
    draw and the seed determine the item and every random choice of its transforms, whatever
    was drawn before and in whichever worker.

    Args:
        source (dict, optional): Config of the labelled dataset. Its ``pipeline`` does what
            all its views share, such as loading; it runs once per draw. None for an
            adaptation without source images, whose keypoints are those of ``metainfo`` or
            the target.
        target (dict, optional): Config of the target dataset. Only boxes, cameras, hand
            sides and ids of its samples are passed on, and masks if its ``masks`` is true.
            Any labels are dropped before its own ``pipeline`` runs.
        views (dict[str, list[dict]], optional): Pipeline of each view, ending in
            :class:`PackPoseView`. The start of a view's name is the domain that feeds it:
            ``source...`` or ``target...``. Without ``views``, they and the loading of both
            domains are derived (:func:`derive_views`) from the source's ``pipeline`` (or
            the target's, if there is no source), a whole stock training pipeline.
        seed (int): Seed of order and transforms.
        metainfo (dict | str, optional): Keypoint definition passed to both datasets.

    Raises:
        UserError: There is neither source nor target, the keypoints of images without
            labels are not defined, the domains have different keypoints, a view has no
            domain, or no views can be derived.
    """

    def __init__(
        self,
        source: Optional[dict],
        target: Optional[dict],
        views: Optional[dict[str, list[dict]]] = None,
        seed: int = 0,
        metainfo: Optional[Union[dict, str]] = None,
    ):
        _require_domains(source, target, metainfo)
        if views is None:
            loading, views = derive_views((source or target).get('pipeline'))
            if source is None:
                views.pop('source')
            source = source and dict(source, pipeline=loading)
            target = target and dict(target, pipeline=loading)
        for name, steps in views.items():
            if not steps:
                raise UserError(f'The view {name!r} has no transforms: list some.')
        shared = {} if metainfo is None else dict(metainfo=metainfo)
        self.source = self.target = None
        if source is not None:
            self.source = DATASETS.build(dict(source, lazy_init=True, **shared))
        if target is not None:
            target = _without_labels(target)
            self.target = DATASETS.build(dict(target, lazy_init=True, **shared))
            ignore_labels(self.target)
        if self.source is not None and self.target is not None:
            if isinstance(self.target, UnlabelledImageFolder):
                self.target.adopt_metainfo(self.source.metainfo)
            self._check_keypoints()
        self.seed = seed
        self.views = {name: Compose(pipeline) for name, pipeline in views.items()}
        self._check_views()
        self.set_active_views(views)

    @property
    def metainfo(self) -> dict:
        """Metainfo of the source, which is also that of the target."""
        return self._leading.metainfo

    @property
    def _leading(self) -> BaseDataset:
        """The source, or the target if there is no source."""
        return self.target if self.source is None else self.source

    def full_init(self) -> None:
        """Read the annotations of both domains.

        Raises:
            UserError: One cannot be read, or nothing in the source is labelled.
        """
        for dataset in (self.source, self.target):
            if dataset is not None:
                dataset.full_init()
        require_labels(self.source)

    def set_active_views(self, names: Iterable[str]) -> None:
        """Restrict what a draw yields if it does not specify its views.

        Args:
            names (Iterable[str]): Views to make.

        Raises:
            UserError: There is no such view.
        """
        names = list(names)
        for name in names:
            if name not in self.views:
                raise UserError(
                    f'There is no view `{name}`: choose from {", ".join(self.views)}.'
                )
        self.active_views = names

    def __len__(self) -> int:
        """Length of one pass over the source, or else the target; draws may exceed it."""
        return len(self._leading)

    def __getitem__(self, draw: Union[int, Draw]) -> dict:
        """Make the views of a draw.

        Args:
            draw (int | Draw): A number of any size, possibly with the views to make; by
                default the active ones.

        Returns:
            dict: ``inputs``, a uint8 tensor [3, h, w] (BGR) for each view, and
            ``data_samples``, a :class:`PoseDataSample` for each view. Samples have the key
            of the random numbers of the draw (``draw_key``).
        """
        draw, views = draw if isinstance(draw, Draw) else Draw(draw)
        views = self.active_views if views is None else views
        shown = {view_of(name).domain for name in views}
        needed = shown.union(self._backgrounds(views))
        packed = {}
        with kept_random_states():
            items = {name: self._load(name, draw) for name in DOMAINS if name in needed}
            behind = self._load_backgrounds(items, views, draw)
            for name in views:
                results = _copy_arrays(items[view_of(name).domain])
                results['draw_key'] = random_key(self.seed, draw)
                if self._replaces_background(name):
                    results['backgrounds'] = behind
                seed_by(self.seed, draw, name)
                with naming_sample(lambda shown=results: shown['img_path']):
                    packed[name] = self.views[name](results)
        return {
            key: {name: view[key] for name, view in packed.items()}
            for key in ('inputs', 'data_samples')
        }

    def info_of(self, domain: str, draw: int) -> dict:
        """Return the data set's info about a domain's sample of a draw, without loading it.

        That of a target is without its labels.

        Args:
            domain (str): 'source' or 'target'.
            draw (int): A number of any size.
        """
        dataset = getattr(self, domain)
        epoch, position = divmod(draw, len(dataset))
        order = permutation(self.seed, domain, epoch, len(dataset))
        info = dataset.get_data_info(int(order[position]))
        # mmpose's classes write None for what is absent, such as 3D
        info = {key: value for key, value in info.items() if value is not None}
        if domain == 'target':
            # masks only if the data set declares that they are not labels
            is_told = getattr(dataset, 'masks', False)
            kept = _TARGET_KEYS | ({'mask_path', 'mask_values'} if is_told else set())
            info = {key: value for key, value in info.items() if key in kept}
        return usable_labels(info)

    def _load(self, domain: str, draw: int) -> dict:
        """Load what the views of a domain share."""
        info = self.info_of(domain, draw)
        seed_by(self.seed, draw, f'load {domain}')
        with naming_sample(lambda: info['img_path']):
            item = getattr(self, domain).pipeline(info)
        if item is None:
            raise UserError(
                f'The {domain} pipeline returned nothing for `{info.get("img_path")}`: '
                'replace or remove that file.'
            )
        return item

    def _load_backgrounds(
        self, items: dict, views: Iterable[str], draw: int
    ) -> dict[str, dict]:
        """Images for ReplaceBackground: this draw's target, the next draw's source."""
        others = {}
        for domain in self._backgrounds(views):
            other = items['target'] if domain == 'target' else self._load(domain, draw + 1)
            others[domain] = dict(img=other['img'], bbox=other['bbox'])
        return others

    def _replaces_background(self, view: str) -> bool:
        return next(self._background_steps(view), None) is not None

    def _background_steps(self, view: str) -> Iterator[ReplaceBackground]:
        for step in self.views[view].transforms:
            if isinstance(step, ReplaceBackground):
                yield step

    def _backgrounds(self, views: Iterable[str]) -> list[str]:
        """Domains whose images the views put behind the foreground."""
        used = {
            name
            for view in views
            for step in self._background_steps(view)
            for name in step.shares
        }
        return sorted(used & {'source', 'target'})

    def _check_views(self) -> None:
        for name in self.views:
            domain = view_of(name).domain
            for needed in {domain, *self._backgrounds([name])}:
                if getattr(self, needed) is None:
                    raise UserError(
                        f'The view `{name}` needs a {needed}, but `{needed}` is None: name '
                        f'a {needed} dataset or drop the view or its ReplaceBackground.'
                    )
            if domain == 'target' and self._replaces_background(name):
                raise UserError(
                    f'ReplaceBackground in `{name}` needs masks, which a target does not '
                    'have: use it in source views only.'
                )

    def _check_keypoints(self) -> None:
        domains = {'the source': self.source, 'the target': self.target}
        require_same_keypoints(
            {name: keypoint_names(data.metainfo) for name, data in domains.items()},
            'convert one data set',
        )


def _require_domains(source: Optional[dict], target: Optional[dict], metainfo: Any) -> None:
    if source is None and target is None:
        raise UserError('There is neither a `source` nor a `target`: name one data set.')
    if source is not None or metainfo is not None or target.get('metainfo') is not None:
        return
    if issubclass(DATASETS.get(target['type']) or object, UnlabelledImageFolder):
        raise UserError(
            'The keypoints of the target images are not defined, because there is no '
            '`source`: give the SourceTargetDataset the `metainfo` that the model was '
            'trained with.'
        )


def _without_labels(target: dict) -> dict:
    """Return a target's config that does not even read labels, if its class allows it."""
    kind = DATASETS.get(target['type'])
    reads_labels = issubclass(kind or object, PoseDataset)
    if reads_labels and not issubclass(kind, UnlabelledImageFolder):
        return dict(target, labels=False, require_3d=False)
    return target


def _copy_arrays(value: Any) -> Any:
    """Copy the arrays, which transforms may change; the metainfo's lists stay shared."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copy_arrays(item) for key, item in value.items()}
    return value

"""Samples of data sets as columns of pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.structures import InstanceData
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmpose_uda.analysis.teacher_labels import Labels
from mmpose_uda.datasets import SourceTargetDataset
from mmpose_uda.datasets.draws import kept_random_states, seed_by
from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.errors import UserError
from mmpose_uda.evaluation.samples import visibility
from mmpose_uda.evenly import evenly
from mmpose_uda.views import DOMAINS, view_of
from mmpose_uda.visualization import Picture
from mmpose_uda.visualization.data_sheet import BOX_COLOR, FRAME_COLORS

_SEED = 0  # for the augmentation of stock data sets

Columns = dict[str, list[Picture]]


def pair_columns(
    dataset: SourceTargetDataset, num: int, labels: Mapping[str, Sequence[Labels]]
) -> Columns:
    """Show the first draws of a data set of pairs: per domain, whole images and views.

    Args:
        dataset (SourceTargetDataset): Data set whose active views are shown.
        num (int): Number of draws.
        labels (Mapping[str, Sequence[Labels]]): View -> pseudo labels of every draw.
    """
    dataset.full_init()
    for pipeline in dataset.views.values():
        _keep_crop_keypoints(pipeline.transforms)
    views = sorted(dataset.active_views, key=_place)
    colors = {view: FRAME_COLORS[n % len(FRAME_COLORS)] for n, view in enumerate(views)}
    pairs = [dataset[draw] for draw in range(num)]
    columns: Columns = {}
    for domain in DOMAINS:
        own = [view for view in views if view_of(view).domain == domain]
        if not own:
            continue
        whole = [_whole_image(dataset.info_of(domain, draw)) for draw in range(num)]
        columns[f'{domain} image'] = whole
        for view in own:
            columns[view] = []
            for draw, pair in enumerate(pairs):
                sample = pair['data_samples'][view]
                shown = _view(pair['inputs'][view], sample, is_labelled=domain == 'source')
                shown.border = colors[view]
                frame = _frame(sample, shown.image.shape)
                if frame is not None:
                    whole[draw].frames.append((frame, colors[view]))
                if view in labels:
                    _add_pseudo_labels(shown, labels[view][draw])
                columns[view].append(shown)
    return columns


def _place(name: str) -> tuple[int, bool]:
    """Sort key: the source first, and views of the teacher before those of the student.

    In a config that mmengine wrote, the views are in alphabetical order.
    """
    view = view_of(name)
    return DOMAINS.index(view.domain), view.is_of_student


def sample_columns(dataset: BaseDataset, num: int, title: str) -> Columns:
    """Show samples spread over a stock data set: whole images and pipeline results.

    Args:
        dataset (BaseDataset): A data set of mmpose or a wrapper of mmengine.
        num (int): Greatest number of samples.
        title (str): Title of the column of the pipeline's results.

    Raises:
        UserError: There is no pipeline, or its results are not images.
    """
    _keep_crop_keypoints(_pipeline_of(dataset))
    chosen = evenly(len(dataset), num)
    columns: Columns = {'image': [], title: []}
    with kept_random_states():
        for index in chosen:
            seed_by(_SEED, index)
            item = dataset[index]
            if item['inputs'].dim() != 3:
                raise UserError(
                    f'The pipeline of a {type(dataset).__name__} makes no images: there is '
                    'nothing to show.'
                )
            columns['image'].append(_whole_image(dataset.get_data_info(index)))
            columns[title].append(_view(item['inputs'], item['data_samples'], True))
    return columns


def _pipeline_of(dataset: Any) -> list:
    """Transforms of a data set, or of the one inside mmengine's wrappers."""
    inner = dataset
    while not hasattr(inner, 'pipeline'):
        if not hasattr(inner, 'dataset'):
            raise UserError(
                f'A {type(dataset).__name__} has no pipeline: there is nothing to show.'
            )
        inner = inner.dataset
    return inner.pipeline.transforms


def _keep_crop_keypoints(transforms: Sequence[Any]) -> None:
    """Make samples keep their keypoints in px of the crop, which training does not need."""
    for step in transforms:
        if isinstance(step, PackPoseInputs):
            step.pack_transformed = True


def _whole_image(info: dict) -> Picture:
    """An image with the boxes and keypoints that a data set has for it."""
    if 'img' not in info:
        # only the image: other results would overwrite the info, which may have no box
        info = {**info, **{'img': LoadPoseImage()(dict(img_path=info['img_path']))['img']}}
    frames = [(_corners(*box), BOX_COLOR) for box in info.get('bbox', ())]
    return Picture(
        info['img'],
        keypoints=_pixels(info.get('keypoints')),
        visible=_flags(info),
        frames=frames,
    )


def _view(image: Tensor, sample: PoseDataSample, is_labelled: bool) -> Picture:
    """A view [3, h, w] as the network receives it."""
    picture = Picture(np.ascontiguousarray(image.permute(1, 2, 0).numpy()))
    if 'gt_foreground' in sample:
        picture.foreground = sample.gt_foreground[0].numpy()
    truth = sample.gt_instances
    if is_labelled and 'keypoints' in truth:
        # a pipeline that does not crop transforms the keypoints themselves
        picture.keypoints = _pixels(truth.get('transformed_keypoints', truth.keypoints))
        picture.visible = _flags(truth)
    return picture


def _add_pseudo_labels(picture: Picture, labels: Labels) -> None:
    picture.keypoints = labels.keypoints[None]
    picture.note = f'confidence {labels.confidence:.2f}'


def _frame(sample: PoseDataSample, shape: tuple) -> Optional[np.ndarray]:
    """Corners [4, 2] of a view in its whole image, px; None if its place is unknown."""
    if 'warp_mat' not in sample.metainfo:
        return None
    warp = np.asarray(sample.metainfo['warp_mat'], np.float64)
    corners = _corners(-0.5, -0.5, shape[1] - 0.5, shape[0] - 0.5)
    return np.linalg.solve(warp[:, :2], (corners - warp[:, 2]).T).T


def _corners(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64)


def _pixels(keypoints: Optional[np.ndarray]) -> Optional[np.ndarray]:
    """The pixel coordinates of keypoints [N, K, 2 or more]."""
    return None if keypoints is None else np.asarray(keypoints)[..., :2]


def _flags(truth: Union[dict, InstanceData]) -> Optional[np.ndarray]:
    """Visibility [N, K], None if unknown."""
    visible = truth.get('keypoints_visible')
    return None if visible is None else visibility(visible)

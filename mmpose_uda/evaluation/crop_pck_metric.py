"""The 2D metric: the sub-pixel PCK of this package, and the literature's."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_uda.errors import UserError

from . import functional as F
from .heatmap_pck import ANIMAL_REACH, batch_averaged_pck
from .keypoint_groups import KEYPOINT_GROUPS
from .samples import read_cell_pair, read_crop_pair, refuse_empty, stack

# Name -> how it takes points to cells, where it does.
_CELLS = dict(regda=dict(), uniframe_animal=dict(rounding=0.0, reach=ANIMAL_REACH))
PROTOCOLS = ('subpixel', *_CELLS)


@METRICS.register_module()
class CropPCK(BaseMetric):
    """Share of 2D keypoints nearer than ``thr`` of the crop's side to the truth.

    The literature of 2D adaptation scores in the network's crop rather than by the box
    or the head. What is compared and averaged is the protocol:

    - ``'subpixel'``: the decoded keypoints against the annotated ones, sub-pixel. All
      visible keypoints of a group in the data set are pooled, so each instance weighs
      the same and the figure depends neither on cells nor on batches. Comparable with
      itself only.
    - ``'regda'``: the protocol of the published figures ("PCK@0.05" of RegDA, UniFrame,
      DAML; where the code of RegDA differs from the later, the later). The cell of the
      predicted heatmap's peak against the cell of the true one, 3.2 of 64 cells at 0.05;
      a keypoint counts if it is visible and its true cell is on the map and over 1 in
      both coordinates; each keypoint is averaged over batches, and the figure is the mean
      over the keypoints of a group (:mod:`mmpose_uda.evaluation.heatmap_pck` has every
      rule). Published without ``flip_test``, on crops of 256 x 256 px and maps of 64 x 64
      cells. It reads ``pred_fields.heatmaps`` [K, H, W], so the estimator's ``test_cfg``
      needs ``output_heatmaps=True``. Heads of SimCC have no such map: their marginals'
      peaks are rounded to ``simcc_cells``, the nearest there is to the protocol.
    - ``'uniframe_animal'``: that of the published figures on animals (TigDog, AnimalPose;
      UniFrame, DAML). As ``'regda'``, but points are truncated to cells instead of rounded,
      and a keypoint counts if its true cell is 3 to 59 of 64 in both coordinates, so that
      its Gaussian of sigma 1 is on the map as a whole. Published with ``batch_size=1``.

    Batches are ``batch_size`` samples in the order of the data set, whatever the loader
    and the number of processes are: the batches of several processes are not those of
    one, and mmengine fills them up with samples that it drops afterwards. The order is
    that of a loader that does not shuffle.

    Reads ``gt_instances.keypoints`` [1, K, 2] (image px) and ``keypoints_visible``, the
    metainfo ``input_center``, ``input_scale`` and ``input_size``, and for ``'subpixel'``
    ``pred_instances.keypoints``. Gives ``PCK`` (0 to 1), and ``PCK-<group>`` of each
    other group.

    Args:
        thr (float): The distance, as a share of the side, that a hit stays below.
        protocol (str): ``'subpixel'``, ``'regda'`` or ``'uniframe_animal'``.
        groups (str | Mapping[str, Sequence[int]], optional): Keypoints of each group, or
            the name of groups of the literature: ``'body16'``, ``'hand21'``,
            ``'animal18'`` or ``'animal14'``. ``PCK`` is that of the group ``all``, or of
            all keypoints if there is none.
        batch_size (int): Samples in a batch of a published protocol. Default: 32, as
            published for people and hands; for animals it is 1.
        simcc_cells (tuple[int, int]): Cells across and down for a published protocol on a
            SimCC head. Default: 64 x 64.
        use_udp (bool): Whether cells are those of a UDP head, of which the first and the
            last lie on the sides of the box. Published figures have none.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.
        prefix (str, optional): Put before the keys with a slash.

    Raises:
        UserError: The protocol or the groups' name is not known, or the batch is empty.
    """

    def __init__(
        self,
        thr: float = 0.05,
        protocol: str = 'subpixel',
        groups: str | Mapping[str, Sequence[int]] | None = None,
        batch_size: int = 32,
        simcc_cells: tuple[int, int] = (64, 64),
        use_udp: bool = False,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if protocol not in PROTOCOLS:
            raise UserError(
                f'CropPCK has no protocol {protocol!r}: choose one of {PROTOCOLS}.'
            )
        if batch_size < 1:
            raise UserError(f'CropPCK needs a batch_size over 0, got {batch_size}.')
        self.protocol = protocol
        self.groups = _named_groups(groups)
        if protocol in _CELLS:
            self._read = partial(
                read_cell_pair,
                simcc_cells=tuple(simcc_cells),
                use_udp=use_udp,
                **_CELLS[protocol],
            )
            self._score = partial(batch_averaged_pck, thr=thr, batch_size=batch_size)
        else:
            self._read = read_crop_pair
            self._score = partial(F.crop_pck, thr=thr)

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Keep the points or cells of both poses, which count, and the side's length."""
        self.results.extend(map(self._read, data_samples))

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """The figure of each group over all samples."""
        refuse_empty(results, self)
        pred, gt, size, valid = (
            stack(results, key) for key in ('pred', 'gt', 'size', 'valid')
        )
        groups = {'all': range(valid.shape[1]), **self.groups}
        for name, keypoints in groups.items():
            _refuse_unscored(name, keypoints, valid)
        if self.protocol in _CELLS:
            _report_absent(self.protocol, groups['all'], valid)
        return {
            _key(name): self._score(pred[:, k], gt[:, k], size, valid[:, k])
            for name, k in ((name, list(group)) for name, group in groups.items())
        }


def _key(group: str) -> str:
    return 'PCK' if group == 'all' else f'PCK-{group}'


def _named_groups(
    groups: str | Mapping[str, Sequence[int]] | None,
) -> dict[str, Sequence[int]]:
    """Groups by their name in the literature, or as they are."""
    if isinstance(groups, str):
        if groups not in KEYPOINT_GROUPS:
            raise UserError(
                f'CropPCK knows no groups {groups!r}: choose one of '
                f'{sorted(KEYPOINT_GROUPS)} or give the keypoints of each group.'
            )
        groups = KEYPOINT_GROUPS[groups]
    return dict(groups or {})


def _refuse_unscored(name: str, keypoints: Sequence[int], valid: np.ndarray) -> None:
    """Raise a UserError where a group is not of the pose, or is nowhere visible.

    Args:
        name (str): The group.
        keypoints (Sequence[int]): Its keypoints.
        valid (np.ndarray): Which keypoints count, bool [N, K].
    """
    if not set(keypoints) <= set(range(valid.shape[1])):
        raise UserError(
            f'The group {name!r} has keypoints {list(keypoints)}, the data set has '
            f'{valid.shape[1]}: give CropPCK the groups of its poses.'
        )
    if not valid[:, list(keypoints)].any():
        raise UserError(
            f'There is no keypoint to score for {_key(name)}: check keypoints_visible of '
            'the evaluation data, or take the group out of CropPCK.'
        )


def _report_absent(protocol: str, keypoints: Sequence[int], valid: np.ndarray) -> None:
    """Warn of keypoints that the published rule scores 0 because they never count."""
    absent = [k for k in keypoints if not valid[:, k].any()]
    if absent:
        print_log(
            f'Keypoints {absent} count in no sample; the protocol {protocol!r} averages '
            'them as 0.',
            'current',
            logging.WARNING,
        )

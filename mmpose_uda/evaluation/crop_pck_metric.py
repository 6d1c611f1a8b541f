"""The 2D metric: this package's sub-pixel PCK, and the PCK of the literature."""

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

# Protocol -> how it maps points to cells, for those that do.
_CELLS = dict(regda=dict(), uniframe_animal=dict(rounding=0.0, reach=ANIMAL_REACH))
PROTOCOLS = ('subpixel', *_CELLS)


@METRICS.register_module()
class CropPCK(BaseMetric):
    """Share of 2D keypoints whose distance from the label is below ``thr`` of the crop.

    As in the literature of 2D adaptation, distances are relative to the network's crop, not
    to the box or the head: x is divided by the crop's width and y by its height. The
    protocol sets what is compared and averaged:

    - ``'subpixel'``: decoded keypoints are compared with labels, with sub-pixel precision.
      All visible keypoints of a group in the data set are pooled, so each one counts the
      same and the figure depends neither on cells nor on batches. Comparable only with
      itself.
    - ``'regda'``: the protocol of the published figures ("PCK@0.05" of RegDA, UniFrame,
      DAML; where the code of RegDA differs from the later ones, the later ones). The cell
      of the predicted heatmap's peak is compared with the cell of the true one; 0.05 is 3.2
      of 64 cells. A keypoint counts if it is visible and its true cell is on the map and
      above 1 in both coordinates. Each keypoint is averaged over batches, and the figure is
      the mean over the keypoints of a group (:mod:`mmpose_uda.evaluation.heatmap_pck` has
      every rule). Published without ``flip_test``, on crops of 256 x 256 px and maps of
      64 x 64 cells. It reads ``pred_fields.heatmaps`` [K, H, W], so the estimator's
      ``test_cfg`` needs ``output_heatmaps=True``. SimCC heads have no such map: the peaks
      of their marginals are rounded to ``simcc_cells``, the closest possible.
    - ``'uniframe_animal'``: that of the published figures on animals (TigDog, AnimalPose;
      UniFrame, DAML). As ``'regda'``, but points are truncated to cells instead of rounded,
      and a keypoint counts if its true cell is 3 to 59 of 64 in both coordinates, so that
      its whole Gaussian of sigma 1 is on the map. Published with ``batch_size=1``.

    Batches are ``batch_size`` samples in the order of the data set, whatever the loader
    and the number of processes: the batches of several processes differ from those of one,
    and mmengine pads them with samples that it drops afterwards. The loader must not
    shuffle.

    Reads ``gt_instances.keypoints`` [1, K, 2] (image px) and ``keypoints_visible``, the
    metainfo ``input_center``, ``input_scale`` and ``input_size``, and for ``'subpixel'``
    ``pred_instances.keypoints``. Returns ``PCK`` (0 to 1), and ``PCK-<group>`` for each
    other group.

    Args:
        thr (float): Upper limit of the distance of a hit, as a share of the crop; the
            limit itself is no hit.
        protocol (str): ``'subpixel'``, ``'regda'`` or ``'uniframe_animal'``.
        groups (str | Mapping[str, Sequence[int]], optional): Keypoints of each group, or
            the name of groups from the literature: ``'body16'``, ``'hand21'``,
            ``'animal18'`` or ``'animal14'``. ``PCK`` is that of the group ``all``, or of
            all keypoints if there is none.
        batch_size (int): Samples in a batch of a published protocol. Default: 32, as
            published for people and hands; for animals it is 1.
        simcc_cells (tuple[int, int]): Cells across and down for a published protocol on a
            SimCC head. Default: 64 x 64.
        use_udp (bool): Whether cells are those of a UDP head, of which the first and the
            last lie on the sides of the box. Published figures do not use UDP.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.
        prefix (str, optional): Put before the keys, with a slash.

    Raises:
        UserError: The protocol or the name of the groups is unknown, or ``batch_size`` is
            below 1.
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
        """Keep the points or cells of both poses, which of them count, and the size."""
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
    """Look up groups by their name in the literature, or return them as they are."""
    if isinstance(groups, str):
        if groups not in KEYPOINT_GROUPS:
            raise UserError(
                f'CropPCK knows no groups {groups!r}: choose one of '
                f'{sorted(KEYPOINT_GROUPS)} or give the keypoints of each group.'
            )
        groups = KEYPOINT_GROUPS[groups]
    return dict(groups or {})


def _refuse_unscored(name: str, keypoints: Sequence[int], valid: np.ndarray) -> None:
    """Raise a UserError if a group has keypoints that poses lack, or is never visible.

    Args:
        name (str): The group.
        keypoints (Sequence[int]): Its keypoints.
        valid (np.ndarray): Which keypoints count, bool [N, K].
    """
    if not set(keypoints) <= set(range(valid.shape[1])):
        raise UserError(
            f'The group {name!r} has keypoints {list(keypoints)}, but the data set has '
            f'only {valid.shape[1]}: give CropPCK groups of keypoints that it has.'
        )
    if not valid[:, list(keypoints)].any():
        raise UserError(
            f'There is no keypoint to score for {_key(name)}: check keypoints_visible of '
            'the evaluation data, or remove the group from CropPCK.'
        )


def _report_absent(protocol: str, keypoints: Sequence[int], valid: np.ndarray) -> None:
    """Warn about keypoints that the published rule scores 0 because they never count."""
    absent = [k for k in keypoints if not valid[:, k].any()]
    if absent:
        print_log(
            f'Keypoints {absent} count in no sample; the protocol {protocol!r} averages '
            'them as 0.',
            'current',
            logging.WARNING,
        )

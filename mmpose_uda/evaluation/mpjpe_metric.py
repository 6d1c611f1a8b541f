"""The 3D metric over :mod:`mmpose_uda.evaluation.functional`."""

import logging
from collections.abc import Sequence
from functools import partial

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_uda.errors import UserError

from . import functional as F
from .samples import read_pair, refuse_empty, stack


@METRICS.register_module()
class RootAlignedMPJPE(BaseMetric):
    """Errors of 3D poses relative to the root joint.

    Reads ``pred_instances.keypoints_3d`` and ``gt_instances.keypoints_3d`` [1, K, 3]
    (mm, any origin) and ``gt_instances.keypoints_visible`` (a joint counts where it is
    over 0). Poses whose root is not valid count only for ``PA-MPJPE`` and ``PA-AUC``; a
    warning reports how many there are.

    ============= ===== ==============================================================
    ``MPJPE``     mm    with the roots aligned
    ``PA-MPJPE``  mm    after the rotation, shift and scale that fit best
    ``N-MPJPE``   mm    with the roots aligned, after the scale about them that fits best
    ``ST-MPJPE``  mm    the same, after the scale that gives one bone its length (HO3D)
    ``AUC``       share area under PCK over ``auc_range`` by the trapezoid rule, normalised
    ``PA-AUC``    share the same, with poses aligned as for ``PA-MPJPE``
    ``PCK3D``     share of joints nearer than ``pck_thr``
    ``PCK3D-AUC`` share mean of that over the thresholds 0, 5, .., 150 mm (MPI-INF-3DHP)
    ============= ===== ==============================================================

    Shares are from 0 to 1 and, except for ``PA-AUC``, are computed with the roots aligned.

    Settings for the published protocols:

    - Human3.6M: protocol 1 is ``MPJPE`` and protocol 2 ``PA-MPJPE``, of all 17 joints or
      of the 14 that ``joints`` names.
    - 3DPW: ``MPJPE`` and ``PA-MPJPE`` of its 14 joints, which ``joints`` names.
    - MPI-INF-3DHP: ``PCK3D`` at 150 mm and ``PCK3D-AUC`` of 14 joints
      (docs/datasets.md).
    - FreiHAND: ``PA-MPJPE`` and ``PA-AUC`` from 0 to 50 mm in 100 steps.
    - HO3D: the same, and ``ST-MPJPE``.
    - STB and RHD: ``AUC`` from 20 to 50 mm. Zimmermann and Brox (2017) compute it from 20
      thresholds from 0 to 50 mm, of which the last 12 begin at 21.05 mm:
      ``auc_range=(8 * 50 / 19, 50, 12)``.

    Args:
        root_index (int): Index of the root joint. Default: 0.
        auc_max (float): Largest threshold of both AUC, mm, if there is no ``auc_range``:
            there are then 100 thresholds from 0. Default: 50.
        metrics (Sequence[str]): Which of these figures to compute.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.
        prefix (str, optional): Put before the keys with a slash.
        auc_range (tuple[float, float, int], optional): First and last threshold of both
            AUC, mm, and the number of thresholds including these two.
        pck_thr (float): Threshold of ``PCK3D``, mm. Default: 150.
        joints (Sequence[int], optional): Joints that are scored, and to which rotation,
            shift and scale of ``PA-MPJPE``, ``PA-AUC`` and ``N-MPJPE`` are fitted. Roots
            are aligned whether or not they are among them. Default: all.
        scale_bone (tuple[int, int]): Ends of the bone whose length ``ST-MPJPE`` aligns.
            Default: wrist and base of the middle finger of 21 joints.

    Raises:
        UserError: A figure is unknown, or the range of the AUC has fewer than two
            thresholds; in an evaluation, if the poses lack a joint.
    """

    def __init__(
        self,
        root_index: int = 0,
        auc_max: float = 50.0,
        metrics: Sequence[str] = ('MPJPE', 'PA-MPJPE', 'AUC'),
        collect_device: str = 'cpu',
        prefix: str | None = None,
        auc_range: tuple[float, float, int] | None = None,
        pck_thr: float = 150.0,
        joints: Sequence[int] | None = None,
        scale_bone: tuple[int, int] = (0, 9),
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.root_index = root_index
        self.joints = joints
        low, high, steps = auc_range or (0.0, auc_max, 100)
        if not (0 <= low < high and steps >= 2):
            raise UserError(
                f'The AUC has no range ({low}, {high}, {steps}): set `auc_range` to the '
                'first and the last threshold in mm, and how many there are, 2 or more.'
            )
        auc = dict(min_threshold=low, max_threshold=high, steps=steps)
        rooted = dict(root=root_index, joints=joints)
        figures = {
            'MPJPE': partial(F.mpjpe, **rooted),
            'PA-MPJPE': partial(F.pa_mpjpe, joints=joints),
            'N-MPJPE': partial(F.n_mpjpe, **rooted),
            'ST-MPJPE': partial(F.st_mpjpe, bone=scale_bone, **rooted),
            'AUC': partial(F.pck_3d_auc, **auc, **rooted),
            'PA-AUC': partial(F.pa_pck_3d_auc, joints=joints, **auc),
            'PCK3D': partial(F.pck_3d, threshold=pck_thr, **rooted),
            'PCK3D-AUC': partial(F.pck_3d_mean, **rooted),
        }
        for name in metrics:
            if name not in figures:
                raise UserError(
                    f'RootAlignedMPJPE knows no figure {name!r}: set `metrics` to a list '
                    f'of some of {", ".join(figures)}.'
                )
        self.figures = {name: figures[name] for name in metrics}

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Keep the two poses and the validity of each sample."""
        self.results.extend(read_pair(sample, 'keypoints_3d') for sample in data_samples)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """The figures over all samples."""
        refuse_empty(results, self)
        pred, gt, valid = (stack(results, key) for key in ('pred', 'gt', 'valid'))
        rootless = int((~valid[:, self.root_index]).sum())
        if rootless:
            print_log(
                f'{rootless} of {len(valid)} poses have no visible root joint and '
                'count only for PA-MPJPE and PA-AUC.',
                'current',
                logging.WARNING,
            )
        return {name: figure(pred, gt, valid) for name, figure in self.figures.items()}

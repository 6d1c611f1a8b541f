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
    over 0). Poses whose root is not valid count for ``PA-MPJPE`` alone; a warning says
    how many there are.

    ============= ===== ==============================================================
    ``MPJPE``     mm    after the alignment of the roots
    ``PA-MPJPE``  mm    after that of scale, rotation and place
    ``N-MPJPE``   mm    after that of the roots, then of scale about them
    ``AUC``       share area under PCK over 0 to ``auc_max`` mm in 100 steps (FreiHAND)
    ``PCK3D``     share of joints nearer than 150 mm (MPI-INF-3DHP)
    ``PCK3D-AUC`` share mean of that over the thresholds 0, 5, .., 150 mm (MPI-INF-3DHP)
    ============= ===== ==============================================================

    The last three are of poses with aligned roots, and from 0 to 1.

    Args:
        root_index (int): Index of the root joint. Default: 0.
        auc_max (float): Largest threshold of the AUC, mm. Default: 50.
        metrics (Sequence[str]): Which of these figures it gives.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.
        prefix (str, optional): Put before the keys with a slash.

    Raises:
        UserError: There is no figure of such a name.
    """

    def __init__(
        self,
        root_index: int = 0,
        auc_max: float = 50.0,
        metrics: Sequence[str] = ('MPJPE', 'PA-MPJPE', 'AUC'),
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.root_index = root_index
        figures = {
            'MPJPE': partial(F.mpjpe, root=root_index),
            'PA-MPJPE': F.pa_mpjpe,
            'N-MPJPE': partial(F.n_mpjpe, root=root_index),
            'AUC': partial(F.pck_3d_auc, root=root_index, max_threshold=auc_max),
            'PCK3D': partial(F.pck_3d, root=root_index),
            'PCK3D-AUC': partial(F.pck_3d_mean, root=root_index),
        }
        for name in metrics:
            if name not in figures:
                raise UserError(
                    f'RootAlignedMPJPE knows no figure {name!r}: let `metrics` be a list '
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
                'count for PA-MPJPE alone.',
                'current',
                logging.WARNING,
            )
        return {name: figure(pred, gt, valid) for name, figure in self.figures.items()}

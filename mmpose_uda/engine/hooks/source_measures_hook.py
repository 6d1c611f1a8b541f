"""Warnings if a 3D head expects poses of another source."""

import logging
from typing import Iterator

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmpose.registry import HOOKS

from mmpose_uda.codecs import Pose3DLabel
from mmpose_uda.datasets.source_measures import (
    SourceMeasures,
    labelled_poses,
    measure_poses,
)
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError

_MOST = 1000  # samples: their mean length is within 0.5 % of that of all
_LENGTH_TOLERANCE = 0.02
_DEPTH_TOLERANCE = 0.1
_WIDEST = 2.0  # times the range that the depths need


@HOOKS.register_module()
class SourceMeasuresHook(Hook):
    """Compares ``Pose3DLabel`` with the source's labels when training begins.

    A codec that was configured for another source gives all poses a wrong scale, or cannot
    express their depths, and nothing else would show it. At most 1000 evenly spaced samples
    are read; no image is decoded. The hook warns if ``total_length`` is more than 2 % from
    their mean, or ``depth_range`` more than 10 % too narrow or over twice too wide, and
    shows the lines that the config should have. Models without such a codec, and data
    without a ``source``, are not checked.
    """

    def before_train(self, runner) -> None:
        """Warn of values that do not match the source."""
        head = getattr(unwrapped_model(runner).student, 'head', None)
        codec = getattr(head, 'decoder', None)
        source = getattr(runner.train_dataloader.dataset, 'source', None)
        if source is None or not isinstance(codec, Pose3DLabel):
            return
        labels = [labelled_poses(info) for info in _some(source)]
        try:
            found = measure_poses(labels, codec.skeleton, codec.root)
        except UserError as error:
            print_log(str(error), 'current', logging.WARNING)
            return
        doubts = list(_doubts(codec, found))
        if doubts:
            print_log(
                f'{" ".join(doubts)} From the {len(labels)} samples that were read, the '
                f'config would have\n{found.lines}\n(`mmpose_uda measure-source` reads '
                'all of them).',
                'current',
                logging.WARNING,
            )


def _some(dataset) -> Iterator[dict]:
    """Yield the data infos of evenly spaced samples of a data set."""
    dataset.full_init()
    for i in range(0, len(dataset), max(1, -(-len(dataset) // _MOST))):
        yield dataset.get_data_info(i)


def _doubts(codec: Pose3DLabel, found: SourceMeasures) -> Iterator[str]:
    """Yield a sentence for each value that does not match this source."""
    excess = codec.total_length / found.total_length - 1
    if abs(excess) > _LENGTH_TOLERANCE:
        yield (
            f'Pose3DLabel expects {codec.total_length:.0f} mm of bones, but those of the '
            f'source are {found.total_length:.0f} mm long: all poses will be '
            f'{100 * abs(excess):.1f} % too {"large" if excess > 0 else "small"}.'
        )
    reach, needed = min(abs(end) for end in codec.depth_range), found.depth_range[1]
    if needed > (1 + _DEPTH_TOLERANCE) * reach:
        yield (
            f'Its depth_range ends at {reach:.0f} mm and keypoints of the source are up to '
            f'{needed} mm from the root: those beyond it are not learned.'
        )
    elif reach > _WIDEST * needed:
        yield (
            f'Its depth_range ends at {reach:.0f} mm and keypoints of the source are '
            f'within {needed} mm of the root: its cells are coarser than necessary.'
        )

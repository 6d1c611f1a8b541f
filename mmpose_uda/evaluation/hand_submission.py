"""Collect poses for an evaluation server, instead of scoring them."""

from collections.abc import Sequence

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_uda.errors import UserError

from .samples import read_camera_pose, refuse_empty
from .submissions import FORMATS, server_pose, write_submission


@METRICS.register_module()
class HandSubmission(BaseMetric):
    """Write the predicted poses of all evaluation frames in the format of a server.

    The ``id`` of a sample is the number of its frame. The metric returns no figures.

    Args:
        out (str): Path of the archive.
        server (str): 'FreiHAND' or 'HO3D'.
        collect_device (str): ``'cpu'`` or ``'gpu'``, where ranks gather their results.

    Raises:
        UserError: Frames are missing or repeated, or as for :func:`read_camera_pose`.
    """

    def __init__(self, out: str, server: str, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device, prefix='submission')
        self.out = out
        self.server = server

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Keep the number and the pose of each sample."""
        form = FORMATS[self.server]
        self.results.extend(
            (int(sample['id']), server_pose(read_camera_pose(sample), form))
            for sample in data_samples
        )

    def compute_metrics(self, results: list[tuple]) -> dict[str, float]:
        """Write the file and log that."""
        refuse_empty(results, self)
        results = sorted(results, key=lambda result: result[0])
        if [number for number, _ in results] != list(range(len(results))):
            raise UserError(
                f'A file for the server of {self.server} must hold every frame once, but '
                f'these are {len(results)} with numbers up to {results[-1][0]}: test on '
                "the whole split 'evaluation'."
            )
        write_submission(self.out, [pose for _, pose in results])
        print_log(
            f'{self.out} is written: {len(results)} frames of {self.server}, joints as '
            'predicted, vertices all zero (no mesh is predicted).',
            'current',
        )
        expected = FORMATS[self.server].frames
        if len(results) not in expected:
            counts = ' or '.join(map(str, expected))
            print_log(f'The server of {self.server} scores {counts} frames.', 'current')
        return {}

"""Hides blocks of the student's view of the target."""

import torch
from mmpose.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment, views_of_foreground
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.utils import pool_to_patches


@MODELS.register_module()
class MaskedImageConsistency(Alignment):
    """Hides blocks of the student's image, which has to infer what the teacher sees.

    MIC (Hoyer et al. 2023, arXiv 2212.01322): each block of a grid is hidden independently
    with the same probability, and gets the mean colour. This has no loss of its own; it
    makes that of :class:`MeanTeacherConsistency`, which has the pseudo labels, harder. In
    the paper the image with hidden blocks is a third one beside the student's two. Here
    blocks are hidden in the student's own view, in a share of the images, which costs no
    extra pass.

    Args:
        ratio (float): Probability that a block is hidden. 0.5 to 0.7 in the paper.
        block (float): Side of a block as a share of the image's longer side. 1/8 to 1/4
            in the paper.
        prob (float): Share of the images in which blocks are hidden.
        foreground (bool): Whether to hide only blocks that contain some foreground.

    Raises:
        UserError: ``ratio``, ``block`` or ``prob`` is out of range.
    """

    views = ('target_student',)

    def __init__(
        self,
        ratio: float = 0.5,
        block: float = 0.125,
        prob: float = 0.5,
        foreground: bool = False,
    ):
        super().__init__()
        for name, value in dict(ratio=ratio, block=block, prob=prob).items():
            if not 0 < value <= 1:
                raise UserError(
                    f'MaskedImageConsistency: {name} must be above 0 and at most 1, not '
                    f'{value}.'
                )
        self.ratio = ratio
        self.block = block
        self.prob = prob
        self.foreground = foreground

    def check(self, name, estimator) -> None:
        """See the base class; also find out which view the foreground is read from."""
        if self.foreground:
            needed = views_of_foreground(name, estimator, ['target_student'])
            self.views = ('target_student', *needed)

    @property
    def featured_views(self) -> tuple[str, ...]:
        """What the foreground is read from; of the student's view only images change."""
        return self.views[1:]

    @torch.no_grad()
    def disturb(self, observed: Observations) -> None:
        student = observed['target_student']
        size = student.images.shape[-2:]
        side = self.block * max(size)
        rows, columns = (max(1, round(length / side)) for length in size)
        lots = student.random.uniform('hidden blocks', rows * columns + 1)
        whether, of_blocks = lots.split([1, rows * columns], dim=1)
        hidden = (of_blocks < self.ratio) & (whether < self.prob)
        if self.foreground:
            mask = (observed.foreground('target_student') >= 0.5).to(student.images)
            hidden &= pool_to_patches(mask, (rows, columns)) > 0
        hidden = hidden.unflatten(1, (1, rows, columns)).to(student.images)
        student.images = student.images * (1 - F.interpolate(hidden, size=size))

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        return {}

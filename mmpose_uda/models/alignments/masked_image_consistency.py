"""Hiding blocks of the student's view of the target."""

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
    """The student finds in an image with hidden blocks what the teacher finds in all of it.

    MIC (Hoyer et al. 2023, arXiv 2212.01322): each block of a grid is hidden by a chance of
    its own, and takes the mean colour. The pseudo labels are those of
    :class:`MeanTeacherConsistency`, whose loss this makes harder; it has none of its own.
    There the image with hidden blocks is a third one beside the student's two. Here blocks
    of the student's view are hidden in place, of some images, which costs no pass.

    Args:
        ratio (float): The chance of a block. 0.5 to 0.7 there.
        block (float): Side of a block as a share of the image's longer side. 1/8 to 1/4
            there.
        prob (float): Share of the images in which blocks are hidden.
        foreground (bool): Whether blocks without any foreground stay.

    Raises:
        UserError: A share is none.
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
                    f'MaskedImageConsistency: {name} is a share above 0 and up to 1, not '
                    f'{value}.'
                )
        self.ratio = ratio
        self.block = block
        self.prob = prob
        self.foreground = foreground

    def check(self, name, estimator) -> None:
        """See the base class; also finds out which view tells the foreground."""
        if self.foreground:
            needed = views_of_foreground(name, estimator, ['target_student'])
            self.views = ('target_student', *needed)

    @property
    def featured_views(self) -> tuple[str, ...]:
        """What tells the foreground: of the student's view it changes the images."""
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

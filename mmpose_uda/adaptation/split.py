"""Which images of a target are trained on, and which a verdict looks at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mmpose_uda.adaptation.target_images import TargetImage
from mmpose_uda.errors import UserError

_EVERY = 10
_THIRD = 3  # more than every third is not held out at once
_LOOKED_AT = 12  # images, fewer than which tell too little


@dataclass(frozen=True)
class Split:
    """What is trained on and what is not.

    Args:
        trained (list[TargetImage]): Images that an adaptation sees.
        held_out (list[TargetImage]): Those that its verdict looks at.
    """

    trained: list[TargetImage]
    held_out: list[TargetImage]

    @classmethod
    def without(
        cls, images: Sequence[TargetImage], held_out: Sequence[TargetImage]
    ) -> 'Split':
        """Train on all but some."""
        paths = {image.path for image in held_out}
        trained = [image for image in images if image.path not in paths]
        return cls(trained, list(held_out))


def split_target(
    images: Sequence[TargetImage], known: Collection[str] = ()
) -> tuple[Split, list[Split]]:
    """Split images for the adaptation, and for models that are made only to be judged.

    Of many images every tenth is held out, of fewer more, up to a third. Where a third is
    fewer than twelve, a verdict on it would be chance, and the adaptation would miss what
    little there is. There, it trains on all, and three further models, each trained without
    another third, stand in for it: together they look at every image once, and none at
    one that it was trained on.

    Args:
        images (Sequence[TargetImage]): Of the target.
        known (Collection[str]): Paths of those that are trained on with labels, which are
            never held out.

    Returns:
        tuple[Split, list[Split]]: Of the adaptation, and of each of those models; without
        any, the adaptation is judged itself.

    Raises:
        UserError: Nothing is left to judge by.
    """
    free = [image for image in images if image.path not in known]
    if len(free) < _THIRD:
        raise UserError(
            f'{len(images) - len(free)} of the {len(images)} images are labelled and '
            'trained on, which leaves too few to judge by: give more images, or leave '
            '--train-on-labelled out.'
        )
    if len(free) < _THIRD * _LOOKED_AT:
        folds = [Split.without(images, free[n::_THIRD]) for n in range(_THIRD)]
        return Split(list(images), []), folds
    step = min(_EVERY, len(free) // _LOOKED_AT)
    return Split.without(images, free[step // 2 :: step]), []

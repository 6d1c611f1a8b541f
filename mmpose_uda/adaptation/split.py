"""Split target images into those to train on and those held out for the verdict."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mmpose_uda.adaptation.target_images import TargetImage
from mmpose_uda.errors import UserError

_EVERY = 10
_THIRD = 3  # at most every third image is held out at once
_LOOKED_AT = 12  # images; a verdict on fewer would be chance


@dataclass(frozen=True)
class Split:
    """Images that are trained on, and images that are not.

    Args:
        trained (list[TargetImage]): Images that the adaptation is trained on.
        held_out (list[TargetImage]): Images that its verdict is based on.
    """

    trained: list[TargetImage]
    held_out: list[TargetImage]

    @classmethod
    def without(
        cls, images: Sequence[TargetImage], held_out: Sequence[TargetImage]
    ) -> 'Split':
        """Hold some images out and train on all others."""
        paths = {image.path for image in held_out}
        trained = [image for image in images if image.path not in paths]
        return cls(trained, list(held_out))


def split_target(
    images: Sequence[TargetImage], known: Collection[str] = ()
) -> tuple[Split, list[Split]]:
    """Split images for the adaptation, and for models that are made only to be judged.

    Every tenth image is held out; if there are few images, the share grows, up to a third.
    If a third is fewer than twelve images, a verdict on so few would be chance, and the
    adaptation would miss them. Then the adaptation trains on all images, and three further
    models, each trained without another third, stand in for it in the verdict: together
    they are evaluated on every image once, and none on an image that it was trained on.

    Args:
        images (Sequence[TargetImage]): Images of the target.
        known (Collection[str]): Paths of images that are trained on with labels; they are
            never held out.

    Returns:
        tuple[Split, list[Split]]: The split of the adaptation, and those of the further
        models; if there are none, the adaptation itself is judged.

    Raises:
        UserError: Too few images are left for the verdict.
    """
    free = [image for image in images if image.path not in known]
    if len(free) < _THIRD:
        raise UserError(
            f'{len(images) - len(free)} of the {len(images)} images are labelled and '
            'trained on, which leaves too few for the verdict: give more images, or leave '
            'out --train-on-labelled.'
        )
    if len(free) < _THIRD * _LOOKED_AT:
        folds = [Split.without(images, free[n::_THIRD]) for n in range(_THIRD)]
        return Split(list(images), []), folds
    step = min(_EVERY, len(free) // _LOOKED_AT)
    return Split.without(images, free[step // 2 :: step]), []

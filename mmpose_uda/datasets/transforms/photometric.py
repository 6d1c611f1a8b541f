"""Changes of pixel values that leave the geometry as it is."""

import random
import warnings

import albumentations
import numpy as np
from mmpose.datasets.transforms import Albumentation
from mmpose.registry import TRANSFORMS

from mmpose_uda.errors import UserError


@TRANSFORMS.register_module()
class SeededAlbumentation(Albumentation):
    """mmpose's ``Albumentation`` for albumentations 2, seeded by ``np.random``.

    albumentations 2 has its own random states, which would make a sample depend on the
    worker and on what that worker did before. It also renamed the arguments of
    ``CoarseDropout``, for which RTMPose's configs use the old names.

    Args:
        transforms (list[dict]): Pixel-level transforms of albumentations.
        keymap (dict, optional): As for mmpose's ``Albumentation``.

    Raises:
        UserError: There is no such transform, or it has no such argument.
    """

    def albu_builder(self, cfg: dict):
        """Build a transform, or nested ones, of albumentations from its config."""
        args = cfg.copy()
        name = args.pop('type')
        build = getattr(albumentations, name, None)
        if build is None:
            raise UserError(f'albumentations has no transform {name}: correct the config.')
        if 'transforms' in args:
            args['transforms'] = [self.albu_builder(t) for t in args['transforms']]
        with warnings.catch_warnings():
            # albumentations only warns of unknown arguments
            warnings.filterwarnings('error', message='Argument')
            try:
                return build(**_renamed(args))
            except (TypeError, ValueError, UserWarning) as error:
                raise UserError(
                    f'The transform {name} of albumentations cannot be made '
                    f'({_in_one_line(error)}): correct its arguments in the config.'
                ) from error

    def transform(self, results: dict) -> dict:
        seed = np.random.randint(2**31)
        # One state for all: `set_random_seed` would give each transform its own state
        # from the same seed, so that all with equal `p` would be applied together.
        self.aug.set_random_state(np.random.default_rng(seed), random.Random(seed))
        return super().transform(results)


_RANGES = dict(
    holes='num_holes_range', height='hole_height_range', width='hole_width_range'
)


def _in_one_line(error: Exception) -> str:
    return ' '.join(str(error).split())


def _renamed(args: dict) -> dict:
    """Replace ``min_...`` and ``max_...`` of a dropout, if present, by ranges."""
    args = dict(args)
    for old, new in _RANGES.items():
        if f'max_{old}' in args:
            most = args.pop(f'max_{old}')
            args[new] = (args.pop(f'min_{old}', most), most)
    return args

"""Which sample it was that a pipeline could not take."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mmcv.transforms import BaseTransform

from mmpose_uda.errors import UserError


@contextmanager
def naming_sample(image: Callable[[], str]) -> Iterator[None]:
    """Name the image and the transform where a pipeline fails.

    Args:
        image (Callable): Gives the path of the image.

    Raises:
        UserError: Something else was raised; that is its cause, and goes to the log.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        reason = ' '.join(f'{type(error).__name__}: {error}'.split()).rstrip('. ')
        raise UserError(
            f'{_transform_of(error)} cannot take the sample of `{image()}` ({reason}): '
            'mend its annotation, or correct the pipeline.'
        ) from error


def _transform_of(error: Exception) -> str:
    """Class of the last transform that was at work."""
    owners = (
        frame.f_locals.get('self') for frame, _ in traceback.walk_tb(error.__traceback__)
    )
    names = [type(one).__name__ for one in owners if isinstance(one, BaseTransform)]
    return names[-1] if names else 'The pipeline'

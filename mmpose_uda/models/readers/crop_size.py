"""The size of the crops that an estimator takes."""

from torch import nn

from mmpose_uda.errors import UserError


def crop_size(head: nn.Module) -> tuple[int, int]:
    """Width and height of the crops in px, from the codec of a head.

    Raises:
        UserError: The head has no codec, or one without a size.
    """
    codec = getattr(head, 'decoder', None)
    # IntegralRegressionLabel combines a codec of points with one of heatmaps
    size = getattr(getattr(codec, 'keypoint_codec', codec), 'input_size', None)
    if size is None:
        raise UserError(
            f'The size of crops is read from the codec of the {type(head).__name__}, but '
            f'its `decoder` {type(codec).__name__} has no `input_size`: give it one.'
        )
    return tuple(size)

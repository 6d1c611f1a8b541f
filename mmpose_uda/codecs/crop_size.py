"""How large the crops are that an estimator looks at."""

from torch import nn

from mmpose_uda.errors import UserError


def crop_size(head: nn.Module) -> tuple[int, int]:
    """Width and height of the crops in px, as the codec of a head has them.

    Raises:
        UserError: The head has no codec, or one that does not say.
    """
    codec = getattr(head, 'decoder', None)
    # IntegralRegressionLabel is a codec of points beside one of heatmaps
    size = getattr(getattr(codec, 'keypoint_codec', codec), 'input_size', None)
    if size is None:
        raise UserError(
            f'The head {type(head).__name__} needs a codec with an `input_size` as its '
            f'`decoder`, not {type(codec).__name__}.'
        )
    return tuple(size)

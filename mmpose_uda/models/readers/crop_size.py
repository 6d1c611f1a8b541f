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
            f'The size of crops is that of the codec of the {type(head).__name__}, but '
            f'its `decoder` {type(codec).__name__} has no `input_size`: give it one.'
        )
    return tuple(size)

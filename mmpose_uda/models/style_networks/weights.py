"""Reading the weights of style networks."""

from collections.abc import Mapping

from mmengine.runner import CheckpointLoader
from torch import Tensor

from mmpose_uda.errors import UserError

PUBLIC = 'github.com/naoto0804/pytorch-AdaIN (release v0.0.0)'
_WITHOUT = "`style=dict(type='PyramidStyle')` in AdaINStyleHook trains without weights"


def read_weights(path: str, role: str, remedy: str) -> dict[str, Tensor]:
    """Read a state dict; no code from the file is run.

    Args:
        path (str): File or URL.
        role (str): The network that the weights belong to, for messages.
        remedy (str): Where to get such a file, for messages.

    Raises:
        UserError: There is no such file, or it is not a state dict.
    """
    try:
        weights = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    except FileNotFoundError as error:
        raise UserError(
            f'There is no file {path} with the weights of the {role}: {remedy}; {_WITHOUT}.'
        ) from error
    if not isinstance(weights, Mapping):
        raise UserError(
            f'{path} holds a {type(weights).__name__}, not the weights of the {role}: '
            f'{remedy}.'
        )
    return dict(weights)


def check_weights(
    path: str, role: str, weights: dict[str, Tensor], shapes: dict[str, tuple], remedy: str
) -> None:
    """Check the keys and shapes that a network needs; further keys are ignored.

    Args:
        path (str): Where the weights are from, for messages.
        role (str): As for :func:`read_weights`.
        weights (dict[str, Tensor]): Weights of the file.
        shapes (dict[str, tuple]): Key -> required shape.
        remedy (str): As for :func:`read_weights`.

    Raises:
        UserError: A key is missing or has another shape.
    """
    for key, shape in shapes.items():
        if key not in weights:
            found = ', '.join(map(str, list(weights)[:4])) or 'nothing'
            raise UserError(
                f'{path} has no `{key}` (it begins with {found}), so it is not the '
                f'{role}: {remedy}.'
            )
        if tuple(getattr(weights[key], 'shape', ())) != shape:
            found = list(getattr(weights[key], 'shape', ()))
            raise UserError(
                f'`{key}` in {path} has the shape {found} instead of {list(shape)}, so '
                f'it is not the {role}: {remedy}.'
            )

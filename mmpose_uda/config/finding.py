"""Where a config is that is named on a command line."""

import os.path as osp

from mmpose_uda.compat import config_folder
from mmpose_uda.errors import UserError

_OWN = ('mmpose_uda::', 'configs/')


def find_config(name: str) -> str:
    """The file of a config.

    Where there is no file of that name, it is looked for among the configs of this package:
    ``mmpose_uda::uda/hand_3d.py`` as in ``_base_``, ``configs/uda/hand_3d.py`` as in a
    checkout. So both name the same config wherever the package is installed.

    Args:
        name (str): A path, or one of those.

    Returns:
        str: Its path.

    Raises:
        UserError: There is none.
    """
    if name.endswith('.pth'):
        raise UserError(
            f'{name} is a checkpoint: name its config, or an export, which a training '
            'writes into the `export` of its folder.'
        )
    if osp.isfile(name):
        return name
    for start in _OWN:
        own = osp.join(config_folder(), name.removeprefix(start))
        if name.startswith(start) and osp.isfile(own):
            return own
    if osp.splitext(name)[1]:
        raise UserError(f'There is no config file {name}: check the path.')
    raise UserError(
        f'There is neither a config nor an export {name}: check the path. A training '
        'writes an export into the `export` of its folder.'
    )

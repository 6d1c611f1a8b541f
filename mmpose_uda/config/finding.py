"""Find a config that is named on a command line."""

import os.path as osp

from mmpose_uda.compat import config_folder
from mmpose_uda.errors import UserError

_OWN = ('mmpose_uda::', 'configs/')


def find_config(name: str) -> str:
    """Return the path of a config.

    If there is no file of that name, it is searched for among the configs of this package:
    ``mmpose_uda::uda/hand_3d.py`` as in ``_base_``, ``configs/uda/hand_3d.py`` as in a
    checkout. Both name the same config wherever the package is installed.

    Args:
        name (str): A path, or a name of one of these forms.

    Returns:
        str: The path of the config.

    Raises:
        UserError: There is no such config.
    """
    if name.endswith('.pth'):
        raise UserError(
            f'{name} is a checkpoint: name its config, or an export, which a training '
            'writes to the folder `export` in its work dir.'
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
        'writes an export to the folder `export` in its work dir.'
    )

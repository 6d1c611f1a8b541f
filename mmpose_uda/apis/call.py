"""A function of the apis in a process of its own, from wherever the package is installed.

The process ends with the one that started it.
"""

import json
import sys
from typing import Any

from mmpose_uda import apis
from mmpose_uda.apis.command_line import exit_codes
from mmpose_uda.orphans import end_with_parent


def command_for(function: str, **arguments: Any) -> list[str]:
    """The command that calls a function of :mod:`mmpose_uda.apis`.

    Args:
        function (str): Its name.
        **arguments: What JSON can hold.
    """
    return [sys.executable, '-m', __name__, function, json.dumps(arguments)]


def main() -> None:
    end_with_parent()
    function, arguments = sys.argv[1:]
    with exit_codes(resumable=function == 'train'):
        getattr(apis, function)(**json.loads(arguments))


if __name__ == '__main__':
    main()

"""A function of the apis in a process of its own, from wherever the package is installed.

python -m mmpose_uda.apis.call train '{"config": "hand_3d.py", "seed": 1}'
"""

import json
import sys
from typing import Any

from mmpose_uda import apis
from mmpose_uda.apis.command_line import exit_codes


def command_for(function: str, **arguments: Any) -> list[str]:
    """The command that calls a function of :mod:`mmpose_uda.apis`.

    Args:
        function (str): Its name.
        **arguments: What JSON can hold.
    """
    return [sys.executable, '-m', __name__, function, json.dumps(arguments)]


def main() -> None:
    function, arguments = sys.argv[1:]
    with exit_codes(resumable=True):
        getattr(apis, function)(**json.loads(arguments))


if __name__ == '__main__':
    main()

"""Run a function of the apis in a separate process, wherever the package is installed.

The process ends with the one that started it.
"""

import json
import sys

from mmpose_uda import apis
from mmpose_uda.apis.command_line import exit_codes
from mmpose_uda.orphans import end_with_parent


def main() -> None:
    end_with_parent()
    function, arguments = sys.argv[1:]
    # the user's command is the one that started this process, and it resumes on its own
    with exit_codes():
        getattr(apis, function)(**json.loads(arguments))


if __name__ == '__main__':
    main()

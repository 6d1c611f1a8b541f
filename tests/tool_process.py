"""Tools in processes of their own, as a user starts them."""

import argparse
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Optional
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 400
"""s: imports alone take two processes over 100 on a machine that has much else to do."""


def environment(*folders: Path, **variables: str) -> dict[str, str]:
    """Of a process that imports this package, one thread and all.

    Args:
        *folders (Path): Where else Python imports from, after the package.
        **variables (str): What else is set.
    """
    paths = [ROOT, *folders, os.environ.get('PYTHONPATH')]
    return dict(
        os.environ,
        PYTHONPATH=os.pathsep.join(str(path) for path in paths if path),
        OMP_NUM_THREADS='1',
        PYTHON=sys.executable,  # for the tools that are shell scripts
        **variables,
    )


def run_tool(
    tool: str, *arguments: str, folder: Optional[Path] = None, timeout: float = 600
) -> subprocess.CompletedProcess:
    """Run a Python script of ``tools/``.

    Args:
        tool (str): It, relative to ``tools/``.
        *arguments (str): Of its command line.
        folder (Path, optional): In which it runs.
        timeout (float): Seconds.
    """
    return subprocess.run(
        [sys.executable, str(ROOT / 'tools' / tool), *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Told(BaseException):
    """A tool's parser of its command line."""


def parser_of(tool: Path) -> argparse.ArgumentParser:
    """The parser that a Python script of ``tools/`` makes."""

    def tell(parser, *_):
        raise Told(parser)

    try:
        with patch.object(argparse.ArgumentParser, 'parse_args', tell):
            runpy.run_path(str(tool), run_name='__main__')
    except Told as told:
        return told.args[0]
    raise AssertionError(f'{tool} parses nothing')

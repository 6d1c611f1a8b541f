"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Union


@contextmanager
def whole_file(path: Union[str, os.PathLike]) -> Iterator[Path]:
    """Write to the path that this gives, beside ``path``, which it then replaces.

    A process that is killed midway, or a machine that loses its power, leaves what was
    there before. What is no file, such as /dev/stdout, is written to directly.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        yield path
        return
    partial = path.with_name(f'{path.name}.partial')
    try:
        yield partial
        with open(partial, 'rb') as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Union[str, os.PathLike], text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, 'utf-8')

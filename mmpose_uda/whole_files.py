"""Write files whole or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Union


@contextmanager
def whole_file(path: Union[str, os.PathLike]) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; the file written there then replaces it.

    If the process is killed midway, or the machine loses power, the previous file remains.
    What is not a regular file, such as /dev/stdout, is written to directly.

    Raises:
        IsADirectoryError: ``path`` is a folder.
    """
    path = Path(path).resolve()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        yield path
        return
    partial = path.with_name(f'{path.name}.partial')
    try:
        yield partial
        _settle(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Union[str, os.PathLike], names: Sequence[str]) -> Iterator[Path]:
    """Yield a folder to write files to that belong together.

    A new folder appears with all of them or not at all. In an existing folder they replace
    all earlier files of these names, and other files stay. The last of the names is never
    found beside files that it was not written with.

    Args:
        folder (str | PathLike): The folder that the files end up in.
        names (Sequence[str]): All names that the files may have; the last one marks the
            set as complete.
    """
    folder = Path(folder).resolve()
    is_new = not folder.exists()
    partial = folder.with_name(f'{folder.name}.partial') if is_new else folder / '.partial'
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        for path in partial.iterdir():
            _settle(path)
        if is_new:
            partial.replace(folder)
        else:
            for name in reversed(names):
                (folder / name).unlink(missing_ok=True)
            for name in filter(lambda name: (partial / name).exists(), names):
                (partial / name).replace(folder / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _settle(path: Path) -> None:
    """Wait until a file is on the disk."""
    with open(path, 'rb') as file:
        os.fsync(file.fileno())


def write_whole(path: Union[str, os.PathLike], text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, 'utf-8')


def copy_whole(source: Union[str, os.PathLike], path: Union[str, os.PathLike]) -> None:
    """Copy a file, whole or not at all."""
    with whole_file(path) as partial:
        shutil.copy(source, partial)

"""Files that are there whole or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Union


@contextmanager
def whole_file(path: Union[str, os.PathLike]) -> Iterator[Path]:
    """Write to the path that this gives, beside ``path``, which it then replaces.

    A process that is killed midway, or a machine that loses its power, leaves what was
    there before. What is no file, such as /dev/stdout, is written to directly.

    Raises:
        IsADirectoryError: It is a folder.
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
    """Write files that belong together to the folder that this gives.

    A new folder is there with all of them or not at all. In one that is there already,
    whose other files stay, they take the place of earlier ones of these names, all of
    which go: nobody finds the last file beside others than its own.

    Args:
        folder (str | PathLike): Where they are afterwards.
        names (Sequence[str]): All that they may be called; the last says that they are
            there.
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

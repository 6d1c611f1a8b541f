"""A kill at each of the moments at which files of a folder are written; read-only folders.

Python tells of every file that it opens, renames or removes (``sys.addaudithook``). Each of
these is a moment: a run that is killed there has written half of what it opened, and does
nothing more, not even tidy up. What C++ writes is seen when it is renamed; what is not
renamed into its place at all was written in place, and is half there at some moment.
"""

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

_CHANGES = (
    'os.rename',
    'os.remove',
    'os.mkdir',
    'os.rmdir',
    'os.truncate',
    'shutil.rmtree',
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_NO_FOLDER = -1  # a file's name is not relative to an opened folder
_watch: list[Any] = []


class Killed(BaseException):
    """As a kill: what knows errors does not know it."""


class _ReadOnly:
    """A folder that cannot be written to, not even by root.

    Args:
        folder (Path): The folder.
    """

    def __init__(self, folder: Path):
        self.folder = str(folder)

    def notice(self, event: str, arguments: tuple) -> None:
        path = _changed_path(event, arguments)
        if path is not None and f'{path}{os.sep}'.startswith(f'{self.folder}{os.sep}'):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nothing be written below a folder."""
    _watch[:] = [_ReadOnly(folder)]
    try:
        yield
    finally:
        _watch.clear()


def _changed_path(event: str, arguments: tuple) -> Optional[str]:
    """What an event is about to change; None of others."""
    if not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return None
    if event == 'open' and not arguments[2] & _WRITES:
        return None
    if event in ('os.remove', 'os.rmdir') and arguments[1] != _NO_FOLDER:
        return None  # of a tree that is being removed, which was told as a whole
    return os.path.abspath(os.fsdecode(arguments[0]))


class _Watch:
    """What is done below a folder, up to a moment.

    Args:
        folder (Path): The folder.
        last (int, optional): The moment of the kill.
    """

    def __init__(self, folder: Path, last: Optional[int] = None):
        self.folder = f'{folder}{os.sep}'
        self.last = last
        self.moments: list[str] = []
        self.placed: list[str] = []
        self.is_dead = False

    def notice(self, event: str, arguments: tuple) -> None:
        path = _changed_path(event, arguments)
        if path is None or not path.startswith(self.folder):
            return
        if not self.is_dead and len(self.moments) == self.last:
            self.is_dead = True
            if event == 'open':
                _watch.clear()
                Path(path).write_bytes(b'half')
                _watch.append(self)
        if self.is_dead:
            raise Killed
        self.moments.append(f'{event} {path.removeprefix(self.folder)}')
        if event == 'os.rename':
            self.placed.append(os.path.abspath(os.fsdecode(arguments[1])))


def _notice(event: str, arguments: tuple) -> None:
    if _watch and (event == 'open' or event in _CHANGES):
        _watch[0].notice(event, arguments)


sys.addaudithook(_notice)


def _run(write: Callable, folder: Path, last: Optional[int] = None) -> _Watch:
    watch = _Watch(folder, last)
    _watch[:] = [watch]
    try:
        write()
    except Killed:
        pass
    finally:
        _watch.clear()
    return watch


def files_of(folder: Path) -> dict[str, bytes]:
    """What is in a folder by name; partial files and hidden ones are nobody's."""
    return {
        name: path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and not _is_hidden(name := path.relative_to(folder).as_posix())
    }


def _is_hidden(name: str) -> bool:
    return any(p.startswith('.') or p.endswith('.partial') for p in name.split('/'))


def kill_at_each_moment(
    write: Callable[[], Any],
    folder: Path,
    found: Callable[[Path], dict[str, Any]] = files_of,
    in_place: Callable[[str], bool] = lambda name: False,
) -> list[str]:
    """Check that a kill leaves each thing as it was before, or as it is afterwards.

    Args:
        write (Callable): Writes below the folder, always the same.
        folder (Path): The folder, as it is before.
        found (Callable): Of the folder: the things that are there, by name. Those that
            are not yet or no more there are not in it.
        in_place (Callable): Names of files that may be half there: logs.

    Returns:
        list[str]: The moments.
    """
    kept = folder.with_name(f'{folder.name}_before')
    shutil.copytree(folder, kept)
    before, earlier = found(folder), files_of(folder)
    watch = _run(write, folder)
    after = found(folder)
    for name, content in files_of(folder).items():
        path = str(folder / name)
        is_new = earlier.get(name) != content and not in_place(name)
        places = [place for place in watch.placed if f'{path}/'.startswith(f'{place}/')]
        assert places or not is_new, f'{name} is written in place'
    assert watch.moments and before != after
    for moment, what in enumerate(watch.moments):
        if in_place(what.partition(' ')[2]):
            continue
        _restore(kept, folder)
        _run(write, folder, moment)
        for name, thing in found(folder).items():
            allowed = [side[name] for side in (before, after) if name in side]
            assert thing in allowed, f'{name}, killed at {what}'
        _run(write, folder)
        assert found(folder) == after, f'written again after a kill at {what}'
    shutil.rmtree(kept)
    return watch.moments


def _restore(kept: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)

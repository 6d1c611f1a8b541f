"""Checkpoints of mmengine that are there whole, the old one until the new one is.

mmengine writes into the file itself, and removes what ``max_keep_ckpts`` has no room for
before that: a run that is killed in between has nothing left to go on from.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional, TextIO, Union

from .safe_checkpoint import save_checkpoint as save_local
from .whole_files import whole_file, write_whole


def whole(save: Callable) -> Callable:
    """mmengine's ``save_checkpoint``, which files of this machine are written whole by."""

    @functools.wraps(save)
    def save_whole(checkpoint: dict, filename: str, *args: Any, **kwargs: Any) -> None:
        if '://' in filename:
            save(checkpoint, filename, *args, **kwargs)
        else:
            save_local(checkpoint, filename)

    return save_whole


@contextmanager
def open_whole(path: str, mode: str) -> Iterator[TextIO]:
    """Stand in for ``open`` where mmengine notes which checkpoint is the last."""
    with whole_file(path) as partial, open(partial, mode) as file:
        yield file


def dumping_whole(dump: Callable) -> Callable:
    """mmengine's ``Config.dump``, which writes the config beside a run whole."""

    @functools.wraps(dump)
    def dump_whole(cfg, file: Optional[Union[str, Path]] = None) -> Optional[str]:
        if file is None or not str(file).endswith('.py'):
            return dump(cfg, file)
        return write_whole(file, cfg.pretty_text)

    return dump_whole


def removing_last(method: Callable) -> Callable:
    """A method of mmengine's ``CheckpointHook`` that removes old files when it is done."""

    @functools.wraps(method)
    def save_first(hook, *args: Any, **kwargs: Any) -> None:
        backend = hook.file_backend
        hook.file_backend = late = _RemovesLate(backend)
        try:
            method(hook, *args, **kwargs)
        finally:
            hook.file_backend = backend
        late.remove_noted()

    return save_first


class _RemovesLate:
    """A file backend that only notes what it is to remove.

    What takes the place of such a file in the meantime stays.
    """

    def __init__(self, backend: Any):
        self._backend = backend
        self._noted: list[tuple[Callable, str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self._noted.append((self._backend.remove, path, _identity(path)))

    def rmtree(self, path: str) -> None:
        self._noted.append((self._backend.rmtree, path, _identity(path)))

    def remove_noted(self) -> None:
        for remove, path, identity in self._noted:
            if _identity(path) == identity:
                remove(path)


def _identity(path: str) -> Optional[tuple[int, int]]:
    """What tells a file from its successor; None of what is not on this machine."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns

"""Write mmengine's checkpoints whole, and keep the old one until the new one is written.

mmengine writes into the final file, and before that removes the files that exceed
``max_keep_ckpts``: a run that is killed in between has nothing left to resume from.
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
    """Wrap mmengine's ``save_checkpoint`` so that it writes local files whole."""

    @functools.wraps(save)
    def save_whole(checkpoint: dict, filename: str, *args: Any, **kwargs: Any) -> None:
        if '://' in filename:
            save(checkpoint, filename, *args, **kwargs)
        else:
            save_local(checkpoint, filename)

    return save_whole


@contextmanager
def open_whole(path: str, mode: str) -> Iterator[TextIO]:
    """Stand in for ``open`` where mmengine records which checkpoint is the last."""
    with whole_file(path) as partial, open(partial, mode) as file:
        yield file


def dumping_whole(dump: Callable) -> Callable:
    """Wrap mmengine's ``Config.dump`` so that it writes the config of a run whole."""

    @functools.wraps(dump)
    def dump_whole(cfg, file: Optional[Union[str, Path]] = None) -> Optional[str]:
        if file is None or not str(file).endswith('.py'):
            return dump(cfg, file)
        return write_whole(file, cfg.pretty_text)

    return dump_whole


def removing_last(method: Callable) -> Callable:
    """Wrap a method of mmengine's ``CheckpointHook`` so that it removes old files last."""

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
    """A file backend that removes files only when :meth:`remove_noted` is called.

    A file that has replaced one of them by then is kept.
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
    """What distinguishes a file from its successor; None if it is not on this machine."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns

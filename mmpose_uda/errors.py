"""The one type of exception that users' mistakes raise, and helpers that raise it."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional, Union

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.ENOTEMPTY)
_OF_NAMES = (errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)


class UserError(RuntimeError):
    """A mistake that the user can fix.

    The message is one sentence: which file, key or argument is wrong, and what to do
    about it. The command line tools print it without a traceback and exit with status 2.
    """


class UnfitVersionsError(UserError, ImportError):
    """Packages are missing or do not work together."""


class Preempted(SystemExit):
    """A training was stopped by SIGTERM, after it saved what it can resume from.

    Args:
        how (str): How far it got, in words.
        then (str): What the same command will do, in words.
    """

    STATUS = 75  # EX_TEMPFAIL of sysexits.h: the same command may succeed later

    def __init__(self, how: str, then: str = 'go on'):
        super().__init__(self.STATUS)
        self.how = how
        self.then = then


@contextmanager
def writing(path: Union[str, os.PathLike]) -> Iterator[None]:
    """Make the folder of a file, and report errors of writing the file in the block.

    Raises:
        UserError: The system refuses.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UserError(
            f'{path} cannot be written ({error.strerror}): {_remedy(error, path)}.'
        ) from error


def check_writable(path: Union[str, os.PathLike]) -> None:
    """Refuse an unwritable file before its content is computed, perhaps for hours.

    The folder of the file is made.

    Raises:
        UserError: The file could not be written.
    """
    path = Path(path)
    with writing(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def refusal(error: OSError) -> Optional[str]:
    """The sentence for a file or folder that the system refuses; None for other errors."""
    known = (*_FULL, *_FORBIDDEN, *_IN_THE_WAY, *_OF_NAMES)
    if error.errno not in known or error.filename is None:
        return None
    name = error.filename2 or error.filename
    return f'{name} cannot be read or written ({error.strerror}): {_remedy(error, name)}.'


def _remedy(error: OSError, path: Union[str, os.PathLike]) -> str:
    named = error.filename2 or error.filename or path
    if error.errno in _FORBIDDEN:
        return 'correct its permissions, or choose another folder'
    if error.errno in _IN_THE_WAY:
        there = next(p for p in (Path(named), *Path(named).parents) if p.exists())
        return f'{there} is in the way, so move it or choose another name'
    if error.errno == errno.EISDIR:
        return f'{named} is a folder where a file belongs, so choose another name'
    if error.errno in _OF_NAMES:
        return 'choose another name'
    return 'free disk space or choose another folder'

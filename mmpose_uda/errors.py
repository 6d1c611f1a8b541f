"""The one exception type that a user's mistake raises."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Union


class UserError(RuntimeError):
    """A mistake that the user can mend.

    The message is one sentence: which file, key or argument is wrong, and what to do
    about it. The command line tools print it without a traceback and exit with status 2.
    """


class UnfitVersionsError(UserError, ImportError):
    """Packages that are missing, or do not work with each other."""


class Preempted(SystemExit):
    """A training was stopped by SIGTERM, after it saved.

    Args:
        how (str): How far it came, in words.
    """

    STATUS = 75  # EX_TEMPFAIL of sysexits.h: the same command may succeed later

    def __init__(self, how: str):
        super().__init__(self.STATUS)
        self.how = how


@contextmanager
def writing(path: Union[str, os.PathLike]) -> Iterator[None]:
    """Where a file is written; its folder is made first.

    Raises:
        UserError: The system refuses.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UserError(
            f'{path} cannot be written ({error.strerror}): free disk space or choose '
            'another folder.'
        ) from error

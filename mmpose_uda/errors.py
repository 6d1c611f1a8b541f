"""The one exception type that a user's mistake raises."""


class UserError(RuntimeError):
    """A mistake that the user can mend.

    The message is one sentence: which file, key or argument is wrong, and what to do
    about it. The command line tools print it without a traceback and exit with status 2.
    """

"""Worker processes that do not outlive the process that started them."""

import multiprocessing
import os
import threading
import time

_SECONDS = 0.5


def end_with_parent() -> None:
    """Let this process end soon after its parent, however the parent ends.

    Nothing notifies a child when its parent is killed: a worker then waits for ever for
    work or for its full pipe to be read, and a training goes on beside its successor.
    """
    parent, parent_id = multiprocessing.parent_process(), os.getppid()

    def watch():
        # multiprocessing also notices a parent that died before this call, but relies on
        # a pipe that a child of another kind may keep open
        while os.getppid() == parent_id and (parent is None or parent.is_alive()):
            time.sleep(_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

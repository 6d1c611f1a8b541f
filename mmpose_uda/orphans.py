"""Worker processes that do not outlive who started them."""

import multiprocessing
import os
import threading
import time

_SECONDS = 0.5


def end_with_parent() -> None:
    """Let this process end soon after its parent, however that ended.

    For processes of :mod:`multiprocessing`, which calls nobody when a parent is killed: a
    worker then waits for ever, for work or for somebody to read its full pipe.
    """
    parent, parent_id = multiprocessing.parent_process(), os.getppid()

    def watch():
        # a child of another kind may keep the parent's pipe open, which is_alive asks
        while parent.is_alive() and os.getppid() == parent_id:
            time.sleep(_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

"""A child process that SIGTERM is passed on to, so that it can save before it ends."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Optional

from mmpose_uda.errors import Preempted


def run_stoppable(command: Sequence[str], listen: Callable[[Iterable[str]], None]) -> int:
    """Run a training that saves on SIGTERM, and wait until it has ended.

    Args:
        command (Sequence[str]): The command, as :mod:`subprocess` takes it.
        listen (Callable): Gets the lines of its standard output as they come; its standard
            error is not captured.

    Returns:
        int: Its exit status.

    Raises:
        Preempted: This process or the child got SIGTERM.
    """
    process: Optional[subprocess.Popen] = None
    is_asked = False

    def ask(*_: Any) -> None:
        nonlocal is_asked
        is_asked = True
        if process is not None:
            process.terminate()

    # Python handles signals only in its main thread
    hears = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, ask) if hears else None
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            encoding='utf-8',
            errors='replace',
        )
        if is_asked:  # SIGTERM came before the process was started
            process.terminate()
        assert process.stdout is not None
        with process.stdout as lines:
            listen(lines)
        status = process.wait()
    finally:
        if process is not None:
            process.kill()
        if hears:
            signal.signal(signal.SIGTERM, before)
    if status == Preempted.STATUS:
        raise Preempted('the training saved')
    if is_asked and status == 0:
        raise Preempted('after the training')
    if is_asked and status == -signal.SIGTERM:
        raise Preempted('before the training had made a step')
    return status

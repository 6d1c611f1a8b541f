"""A process that is told of SIGTERM, which would end it with the one that started it."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Optional

from mmpose_uda.errors import Preempted


def run_stoppable(command: Sequence[str], listen: Callable[[Iterable[str]], None]) -> int:
    """Run a training that saves when SIGTERM comes, and wait until it has.

    Args:
        command (Sequence[str]): As of :mod:`subprocess`.
        listen (Callable): Gets the lines that it prints, as they come. Its errors are
            printed past it.

    Returns:
        int: Its status.

    Raises:
        Preempted: SIGTERM came, to this process or to that one.
    """
    process: Optional[subprocess.Popen] = None
    is_asked = False

    def ask(*_: Any) -> None:
        nonlocal is_asked
        is_asked = True
        if process is not None:
            process.terminate()

    # Python hears signals in its main thread alone
    hears = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, ask) if hears else None
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            encoding='utf-8',
            errors='replace',
        )
        if is_asked:  # before there was whom to ask
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
    if is_asked:
        raise Preempted('before the training had made a step')
    return status

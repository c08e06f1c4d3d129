"""Work that somebody may stop although it asks nobody: measuring a run, drawing figures."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

_POLL_S = 0.5


class Stopped(Exception):  # noqa: N818
    """Somebody asked the study to stop."""


@contextlib.contextmanager
def stoppable(stop_asked: Callable[[], bool]) -> Iterator[None]:
    """Break off the block, as Ctrl-C would, soon after somebody asks it to stop.

    Only the main thread of a process can be broken off: in another one the block goes on.

    Raises
    ------
    Stopped
        If it was broken off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, asked = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(_POLL_S):
            if stop_asked():
                asked.set()
                _interrupt_main()
                return

    # A process that a shell has put in the background leaves Ctrl-C alone, and would leave this.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    watcher = threading.Thread(target=watch, name="watch-for-stop", daemon=True)
    watcher.start()
    try:
        try:
            yield
        finally:
            over.set()
            watcher.join()
    except KeyboardInterrupt:
        if asked.is_set():
            raise Stopped from None
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if usual is None else usual)


def _interrupt_main() -> None:
    """Raise KeyboardInterrupt in the main thread."""
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        # A real signal: a thread that sleeps or waits for another is woken by it.
        signal.pthread_kill(main, signal.SIGINT)
    else:
        _thread.interrupt_main()

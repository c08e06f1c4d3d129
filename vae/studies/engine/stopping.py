"""Stopping work that does not poll for it: measuring a run, drawing figures."""

import _thread
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from vae.runs import threads

_POLL_S = 0.5


class Stopped(Exception):  # noqa: N818
    """The study was asked to stop."""


@contextlib.contextmanager
def stoppable(stop_asked: Callable[[], bool]) -> Iterator[None]:
    """Interrupt the block, as Ctrl-C would, soon after ``stop_asked`` returns True.

    Only the main thread of a process can be interrupted: in another one the block goes on.

    Raises Stopped if it was interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = threading.Event()

    def interrupt() -> None:
        asked.set()
        _interrupt_main()

    # A process that a shell has put in the background leaves Ctrl-C alone, and would leave this.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    end_watch = threads.watch(stop_asked, interrupt, _POLL_S, "watch-for-stop")
    try:
        try:
            yield
        finally:
            end_watch()
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

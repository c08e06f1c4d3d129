"""Work in threads of this process, where a process of its own would only cost imports."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from vae.errors import UserError
from vae.locale import _, retold, speak

T = TypeVar("T")
Work = Callable[[Callable[[float], None]], T]
"""Called in the thread, with what it may call now and then with the share that is done, 0 to 1."""


class Progress(NamedTuple):
    """How a piece of work behind the pages stands."""

    state: Literal["none", "queued", "running", "done", "failed"]
    share: float | None = None
    """What is done of it, 0 to 1; None where nothing tells."""
    seconds: float = 0.0
    """Since it was started, or asked for if it waits."""
    error: str = ""
    """Why it failed, in a sentence."""
    doing: str = ""
    result: Any = None

    @property
    def is_live(self) -> bool:
        return self.state in ("queued", "running")

    def retold(self) -> "Progress":
        """Return the same with its words in the language to speak."""
        return self._replace(error=retold(self.error), doing=retold(self.doing))


def sentence(error: BaseException, advice: str = "") -> str:
    """Say in a sentence what stopped a piece of work."""
    more = f": {advice}" if advice else "."
    if isinstance(error, UserError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return _("the memory of this machine is not enough") + more
    reason = f"{type(error).__name__}: {error}"
    return _("it failed ({reason})").format(reason=reason) + more


def begin(work: Callable[[], None], name: str) -> threading.Thread:
    """Do something in a thread that does not keep the process from ending.

    It speaks English, as others than who asked may see what it says: show that by ``retold``.
    """

    def in_english() -> None:
        speak("en")
        work()

    thread = threading.Thread(target=in_english, name=name, daemon=True)
    thread.start()
    return thread


def watch(
    is_so: Callable[[], bool], then: Callable[[], None], every_s: float, name: str
) -> Callable[[], None]:
    """Call ``then`` in a thread, once, when ``is_so`` holds; return what ends the watching."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(every_s):
            if is_so():
                then()
                return

    thread = begin(look, name)

    def end() -> None:
        over.set()
        thread.join()

    return end


class _StoppedError(Exception):
    """Somebody has asked for the work to stop."""


class _Job:
    def __init__(self) -> None:
        self.progress = Progress("queued")
        self.at = time.monotonic()
        """When it was asked for, or came to its end."""
        self.is_stopped, self.is_over = threading.Event(), threading.Event()

    def report(self, share: float) -> None:
        if self.is_stopped.is_set():
            raise _StoppedError
        self.progress = Progress("running", share)

    def run(self, work: Work[Any]) -> None:
        try:
            self.report(0.0)
            self.end(Progress("done", 1.0, result=work(self.report)))
        except BaseException as error:  # Whatever it is, nothing may look as if it went on.
            self.end(Progress("failed", error=sentence(error)))

    def end(self, progress: Progress) -> None:
        self.progress, self.at = progress, time.monotonic()
        self.is_over.set()


class Threads(Generic[T]):
    """Pieces of work of one kind, one after the other; the newest results are kept.

    Methods may be called from any thread.

    A piece waits for ``delay_s`` at least, so that the page that asks for it is shown first. A
    failure is kept for ``retry_s``: who asks after that has it tried again. ``name`` is the
    thread's.
    """

    def __init__(
        self, name: str, *, kept: int = 32, delay_s: float = 0.0, retry_s: float = 0.0
    ) -> None:
        self._name, self._kept, self._delay_s, self._retry_s = name, kept, delay_s, retry_s
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, _Job] = OrderedDict()
        self._waiting: deque[tuple[_Job, Work[T]]] = deque()
        self._is_busy = False

    def submit(self, key: Hashable, work: Work[T]) -> Progress:
        """Ask for work, unless it is done, under way or waits; return how it stands."""
        with self._lock:
            old = self._jobs.get(key)
            if old is not None:
                self._jobs.move_to_end(key)
                is_fresh = time.monotonic() - old.at < self._retry_s
                if old.progress.state != "failed" or is_fresh:
                    return old.progress.retold()
            job = self._jobs[key] = _Job()
            self._jobs.move_to_end(key)
            over = [one for one, other in self._jobs.items() if other.is_over.is_set()]
            for one in over[: max(0, len(self._jobs) - self._kept)]:
                del self._jobs[one]
            self._waiting.append((job, work))
            if not self._is_busy:
                try:
                    begin(self._work_off, self._name)
                    self._is_busy = True
                except RuntimeError as error:  # The system has no thread to give.
                    self._waiting.clear()
                    job.end(Progress("failed", error=sentence(error)))
            return job.progress

    def look(self, key: Hashable) -> Progress:
        with self._lock:
            job = self._jobs.get(key)
            return Progress("none") if job is None else job.progress.retold()

    def wait(self, key: Hashable) -> Progress:
        """Return how a piece of work has ended, once it has."""
        with self._lock:
            job = self._jobs.get(key)
        if job is None:
            return Progress("none")
        job.is_over.wait()
        return job.progress.retold()

    def stop(self, key: Hashable) -> None:
        """Stop a piece of work, or take it from those that wait; nothing of it stays."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.is_over.is_set():
                job.is_stopped.set()
                del self._jobs[key]

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_busy = False
                    return
                job, work = self._waiting.popleft()
            time.sleep(max(0.0, job.at + self._delay_s - time.monotonic()))
            job.run(work)
            del work  # It may hold a model.

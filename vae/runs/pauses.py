"""A training on the CPU waits while a page answers somebody.

A low priority is not enough: where two cores share their units or the memory, whatever computes on
one slows down the other. So pages say when they begin to answer, by the time of a file beside the
runs, and a training rests for that moment, though never more than half of the time.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

FILE = ".answering"
"""In the folder of the runs; made by the first page."""
ANSWER_S = 0.2
"""How long a page is given for an answer, its drawing in the browser included."""


def mark_page_active(root: Path) -> None:
    """Tell the trainings under ``root`` that a page begins to answer somebody now."""
    with contextlib.suppress(OSError):
        (root / FILE).touch()


class PauseForPages:
    """Rests a training while a page answers; to be called before each step."""

    def __init__(
        self,
        root: Path,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = root / FILE
        self._clock, self._sleep = clock, sleep
        self._work_until = 0.0

    def __call__(self) -> None:
        """Return when no page is answering, or when it is time to work again."""
        try:
            asked = self._path.stat().st_mtime
        except OSError:
            return
        now = self._clock()
        rest = asked + ANSWER_S - now
        if now < self._work_until or not 0 < rest <= ANSWER_S:
            return
        self._sleep(rest)
        # As long at work as at rest: a class that clicks without end does not stop a training.
        self._work_until = self._clock() + rest

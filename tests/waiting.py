"""Wait for what another process or thread does."""

import time
from collections.abc import Callable

WAIT_S = 120.0


def wait(is_there: Callable[[], object], step: float = 0.02) -> None:
    stop_at = time.monotonic() + WAIT_S
    while not is_there():
        assert time.monotonic() < stop_at, "waited too long"
        time.sleep(step)

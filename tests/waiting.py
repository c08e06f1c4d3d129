"""Wait for what another process or thread does."""

import time

WAIT_S = 120.0
"""Not a figure to reach: how long a wait may last before the test gives up."""


def wait(is_there, step=0.02, message="it never came to that"):
    stop_at = time.monotonic() + WAIT_S
    while not is_there():
        assert time.monotonic() < stop_at, message
        time.sleep(step)

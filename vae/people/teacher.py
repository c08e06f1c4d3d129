"""The teacher's key, ``VAE_TEACHER_KEY``: without one the machine's own browser is the teacher."""

import hmac
import os
import threading
import time

KEY = "VAE_TEACHER_KEY"
_SHORTEST = 8
_TRIES = 10
_PER_S = 60.0


def teacher_key(other: str = "") -> str:
    """Return the key that is set, ``other`` where the environment has none; empty for none.

    One that is too short to be a secret counts as none that anybody has.
    """
    return os.environ.get(KEY, "") or other


class Tries:
    """How often a wrong key was tried on this server: a guess takes its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: list[float] = []

    def is_right(self, given: str, key: str) -> bool:
        """Whether ``given`` is the key; False as well after too many wrong ones in a minute."""
        with self._lock:
            now = time.monotonic()
            self._wrong = [at for at in self._wrong if now - at < _PER_S]
            if len(key) < _SHORTEST or len(self._wrong) >= _TRIES:
                return False
            if hmac.compare_digest(given.encode(), key.encode()):
                return True
            if given:
                self._wrong.append(now)
            return False


tries = Tries()

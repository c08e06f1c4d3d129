"""The command line as a process of its own."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def process_env() -> dict[str, str]:
    """Environment of a process that finds the package from any folder."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line of standard output."""
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found

    def check_refused(self, *words: str) -> None:
        """One sentence on standard error, exit code 2, and the words in it."""
        assert self.code == 2, self
        assert len(self.err.strip().splitlines()) == 1, self.err
        assert "Traceback" not in self.err + self.out
        for word in words:
            assert word in self.err, self.err


Cli = Callable[..., Answer]

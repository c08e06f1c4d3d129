"""The command line as a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def process_env() -> dict[str, str]:
    """Environment of a process that finds the package from any folder."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

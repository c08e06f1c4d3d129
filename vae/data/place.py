"""Where data sets lie."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """Return where data sets lie: ``VAE_DATA_DIR``, or ``data`` in the working directory."""
    return Path(os.environ.get("VAE_DATA_DIR") or "data").expanduser()

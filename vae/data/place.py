"""Where data sets lie."""

import os
from pathlib import Path


def data_dir(root: Path | str | None = None) -> Path:
    """Return where data sets lie: ``root``, ``VAE_DATA_DIR``, or ``data`` in the working folder."""
    return Path(root or os.environ.get("VAE_DATA_DIR") or "data").expanduser()

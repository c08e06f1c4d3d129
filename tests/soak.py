"""How much a test tries: a sample in CI, all of it under ``make soak``."""

import os

IS_SOAK = os.environ.get("VAE_SOAK") == "1"


def times(sample: int, soak: int) -> int:
    """Return ``soak`` under ``make soak``, else ``sample``."""
    return soak if IS_SOAK else sample

"""Names and extents for the figures of a run in training."""

import numpy as np

from vae.figures.style import Floats
from vae.locale import N_

TERM_TITLES = {
    "loss": N_("Total loss"),
    "recon_loss": N_("Reconstruction loss"),
    "kl": N_("KL"),
    "penalty": N_("Penalty"),
}
"""The terms of a loss: name in a report -> how a page calls it."""


def code_extent(history: Floats) -> float:
    """Return half the side of a square around the origin that holds nearly all codes."""
    values = np.abs(np.asarray(history, dtype=np.float64))
    values = values[np.isfinite(values)]
    return max(3.0, float(np.quantile(values, 0.999)) * 1.05) if values.size else 3.0

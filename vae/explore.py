"""What the Explore page needs of a run: its payload for the browser, and answers about a place.

No Streamlit here: the page shows what these functions return.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import torch

from vae import export
from vae.checkpoint import load_model
from vae.data import DATASETS, ImageData, pixels
from vae.errors import ConfigError
from vae.latent import manifold_grid, prior_samples
from vae.losses import bernoulli_nll, gaussian_kl
from vae.metrics import Codes
from vae.models import LatentModel
from vae.pictures import png_bytes, tile, to_uint8
from vae.runs import Run

Z_LIMIT = 100.0
SMALL = 16


def run_codes(run: Run) -> tuple[Codes, torch.Tensor]:
    """Return the codes of the run's test images and their labels."""
    arrays = run.codes()
    codes = Codes(
        torch.from_numpy(arrays["mu"]).float(), torch.from_numpy(arrays["logvar"]).float()
    )
    return codes, torch.from_numpy(arrays["label"].astype(np.int64))


def run_payload(run: Run) -> bytes:
    """Return decoder, codes and class names as the bytes that the browser is sent once.

    Raises
    ------
    UserError
        If the run has no weights yet or a file of it is damaged.
    """
    config = run.config
    codes, labels = run_codes(run)
    spec = DATASETS.get(config.data.dataset)
    return export.run_payload(
        run.version,
        load_model(run.directory),
        codes.mu.numpy(),
        codes.logvar.numpy(),
        labels.numpy(),
        spec.class_names if spec else (),
        title=run.name,
    )


def parse_z(text: str, latent_dim: int) -> list[float]:
    """Read z from an address: numbers between commas, three decimals kept.

    Raises
    ------
    ConfigError
        If there are not ``latent_dim`` finite numbers of reasonable size.
    """
    try:
        values = [round(float(part), 3) for part in text.split(",")]
    except (ValueError, OverflowError):
        values = []
    if len(values) != latent_dim or not all(abs(value) <= Z_LIMIT for value in values):
        raise ConfigError(
            f"the z in the address does not fit: this model takes {latent_dim} numbers between "
            f"commas, each within {Z_LIMIT:g} of 0. It starts at the origin instead."
        )
    return values


def format_z(z: list[float]) -> str:
    """Write z for the address."""
    return ",".join(f"{value:.3f}" for value in z)


@dataclass(frozen=True)
class Place:
    """What is known of a point z of latent space."""

    prior_tail: float
    """Share of the prior's draws that lie at least this far from the origin."""
    nearest: int
    """Number of the nearest test code."""
    distance: float
    """Euclidean distance to it."""
    share: float
    """Share of test codes with a nearer neighbour than this distance: 1 is far off the map."""


class Surroundings:
    """The test codes of a run, ready to be asked about places."""

    def __init__(self, run: Run) -> None:
        self.codes, self.labels = run_codes(run)
        sample = self.codes.mu[:1000]
        gaps = torch.cdist(sample, self.codes.mu)
        gaps[torch.arange(len(sample)), torch.arange(len(sample))] = math.inf
        self.gaps = gaps.min(1).values.sort().values

    def at(self, z: list[float]) -> Place:
        """Describe the place ``z``."""
        point = torch.tensor(z)
        distances = (self.codes.mu - point).norm(dim=1)
        nearest = int(distances.argmin())
        squared = point.square().sum() / 2
        tail = torch.special.gammaincc(torch.tensor(len(z) / 2), squared)
        gap = distances[nearest]
        share = float(torch.searchsorted(self.gaps, gap)) / max(1, len(self.gaps))
        return Place(float(tail), nearest, float(gap), share)


class SelectedAnswer(TypedDict):
    """What is told of a test image whose code was clicked."""

    index: int
    original: str | None
    """Its uint8 pixels ``(C, H, W)`` in base64; None where the data set is not at hand."""
    recon_loss: float | None
    """``-log p(x|z)`` at z = mu, in nats; None without the original."""
    kl: float | None
    """KL of q(z|x) from the prior, in nats."""
    note: str
    """A sentence that says what is missing; empty where nothing is."""


@torch.inference_mode()
def selected_answer(
    model: LatentModel, codes: Codes, index: int, data: ImageData | None, missing: str
) -> SelectedAnswer:
    """Return the original of test image ``index`` and what it costs, for the browser.

    The reconstruction loss is that of the decode of mu; without the data set only the KL is known,
    and ``note`` says why.
    """
    mu, logvar = codes.mu[index], codes.logvar[index]
    answer: SelectedAnswer = {
        "index": index,
        "original": None,
        "recon_loss": None,
        "kl": float(gaussian_kl(mu, logvar)),
        "note": missing,
    }
    if data is not None and index < len(data.test.images):
        image = data.test.images[index]
        loss = bernoulli_nll(model.decode(mu[None])[0], pixels(image))
        answer["original"] = base64.b64encode(image.numpy().tobytes()).decode()
        answer["recon_loss"] = float(loss)
        answer["note"] = ""
    return answer


@torch.inference_mode()
def manifold_png(run: Run, count: int = 9) -> bytes:
    """Return a small picture of what a run decodes: its manifold, or for d > 2 prior samples."""
    model = load_model(run.directory)
    d = run.config.model.latent_dim
    z = manifold_grid(count, d) if d <= 2 else prior_samples(count * count, d).view(count, count, d)
    images = to_uint8(model.generate(z))
    if images.shape[-1] < SMALL:
        # Pictures this small have no margin of their own: without a gap they run together.
        images = np.pad(images, [(0, 0)] * 3 + [(0, 1)] * 2)
    return png_bytes(tile(images))

"""What the Explore page needs of a run: its payload for the browser, and answers about a place.

No Streamlit here: the page shows what these functions return.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import torch

from vae.config import ModelConfig
from vae.data import ImageData, known_spec, pixels
from vae.errors import ConfigError
from vae.latent import export
from vae.latent.density import CodeDensity, members
from vae.latent.extent import DECIMALS, LIMIT, extent_of
from vae.latent.places import manifold_grid
from vae.locale import _, numbers
from vae.models import LatentModel, check_family
from vae.models.losses import gaussian_kl
from vae.runs import Run
from vae.runs.checkpoint import load_model
from vae.storage.files import Arrays
from vae.storage.pictures import png_bytes, tile, to_uint8
from vae.training.costs import cost_of_codes
from vae.training.loop import SAMPLE_SEED
from vae.training.metrics import Codes

Z_LIMIT = LIMIT
SMALL = 16


def run_codes(run: Run) -> tuple[Codes, torch.Tensor]:
    """Return the codes of the run's test images and their labels."""
    return _codes_of(run.codes())


def _codes_of(arrays: Arrays) -> tuple[Codes, torch.Tensor]:
    logvar = arrays.get("logvar")
    codes = Codes(
        torch.from_numpy(arrays["mu"]).float(),
        None if logvar is None else torch.from_numpy(logvar).float(),
    )
    return codes, torch.from_numpy(arrays["label"].astype(np.int64))


def explorer_payload(
    run: Run, nearby: TestCodes | None = None, version: str | None = None
) -> bytes:
    """Return networks, codes and class names as the bytes that the browser is sent once.

    Of a run whose codes are discrete it is sent networks and codebook alone.

    Parameters
    ----------
    nearby
        The run's test codes, where they are at hand.
    version
        What names the run in the page; its version now unless given, but a training may have
        changed that since the page began.

    Raises
    ------
    UserError
        If the run has no weights yet or a file of it is damaged.
    """
    config, model = run.config, load_model(run.directory)
    version = version or run.version
    if not model.is_continuous:
        return export.codebook_payload(version, model, title=run.name)
    known = nearby or TestCodes(run)
    codes, spec = known.codes, known_spec(config.data.dataset)
    return export.run_payload(
        version,
        model,
        codes.mu.numpy(),
        None if codes.logvar is None else codes.logvar.numpy(),
        known.labels.numpy(),
        spec.class_names if spec else (),
        title=run.name,
        classes=config.data.classes,
        density=known.score_quantiles(),
    )


def parse_z(
    text: str, latent_dim: int, *, limit: float = LIMIT, decimals: int = DECIMALS
) -> list[float]:
    """Read z from an address: numbers between commas, ``decimals`` of each kept.

    Raises
    ------
    ConfigError
        If there are not ``latent_dim`` finite numbers of a size up to ``limit``.
    """
    try:
        values = [round(float(part), decimals) for part in text.split(",")]
    except (ValueError, OverflowError):
        values = []
    if len(values) != latent_dim or not all(abs(value) <= limit for value in values):
        raise ConfigError(
            _(
                "the z in the address does not fit: this model takes {latent_dim} numbers "
                "between commas, each within {limit:g} of 0. It starts in the middle instead."
            ).format(latent_dim=latent_dim, limit=limit)
        )
    return values


def format_z(z: Sequence[float], decimals: int = DECIMALS) -> str:
    """Write z for the address."""
    return ",".join(f"{value:.{decimals}f}" for value in z)


def parse_label(text: str, labels: Sequence[int]) -> int:
    """Read the label that a conditional model is told from an address.

    Raises
    ------
    ConfigError
        If it is not one of ``labels``.
    """
    found = next((label for label in labels if str(label) == text.strip()), None)
    if found is None:
        raise ConfigError(
            _(
                "the label in the address does not fit: this model was trained on the labels "
                "{labels}. It starts with {first} instead."
            ).format(labels=", ".join(map(str, labels)), first=labels[0])
        )
    return found


@dataclass(frozen=True)
class Place:
    """What is known of a point z of latent space."""

    prior_tail: float | None
    """Share of the prior's draws that lie at least this far from the origin; None without one."""
    nearest: int
    """Number of the nearest test code; -1 where there is none."""
    distance: float
    """Euclidean distance to it."""
    is_near: bool
    """Whether codes are near: see :mod:`vae.latent.density`."""


class TestCodes:
    """The codes of a run's test images, ready to be asked about places."""

    __test__ = False  # it is no test, for pytest

    def __init__(self, run: Run) -> None:
        arrays = run.codes()
        self.codes, self.labels = _codes_of(arrays)
        indices = arrays.get("indices")
        self.indices = None if indices is None else torch.from_numpy(indices.astype(np.int64))
        """Entries of the codebook, ``(n, h, w)``; None where there are none, or not yet."""
        self.has_epochs = bool(len(arrays.get("epochs", ())))
        config = run.config
        kind = check_family(config.model.family).model
        self.has_prior = kind.has_prior
        self.extent = extent_of(self.codes.mu.numpy(), has_prior=kind.has_prior)
        classes = config.data.classes or range(config.model.num_classes)
        self.choices = list(classes) if kind.is_conditional else []
        """Labels that the decoder can be given; empty where it takes none."""
        spec = known_spec(config.data.dataset)
        self.class_names = spec.class_names if spec else ()
        self.classes = sorted(set(self.labels.tolist()) - {-1})
        """Numbers of the classes that have codes."""
        self._densities: dict[int | None, CodeDensity] = {}

    def class_name(self, label: int) -> str:
        """Return what a class is called, or its number."""
        return _(self.class_names[label]) if 0 <= label < len(self.class_names) else str(label)

    def _members(self, label: int | None) -> torch.Tensor:
        everyone = torch.arange(len(self.labels))
        return everyone if label is None else everyone[self.labels == label]

    def density(self, label: int | None = None) -> CodeDensity:
        """Return the density of all codes, or of those of one class.

        Of those that travel to the browser: the page and its map then say the same.
        """
        if label not in self._densities:
            count = export.sent_codes(*self.codes.mu.shape)
            mu, logvar = self.codes
            first = Codes(mu[:count], None if logvar is None else logvar[:count])
            found = first if label is None else members(first, self.labels[:count], label)
            self._densities[label] = CodeDensity(found)
        return self._densities[label]

    def score_quantiles(self) -> dict[str, list[float]]:
        """Return what the browser needs to place a z among the codes."""
        found = {"": self.density().quantiles}
        return found | {str(label): self.density(label).quantiles for label in self.choices}

    def at(self, z: Sequence[float], label: int | None = None) -> Place:
        """Describe the place ``z``: among all codes, or among those of one class."""
        point = torch.tensor(list(z))
        tail = None
        if self.has_prior:
            squared = point.square().sum() / 2
            tail = float(torch.special.gammaincc(torch.tensor(len(point) / 2), squared))
        own = self._members(label)
        if not len(own):
            return Place(tail, -1, math.inf, False)
        distances = (self.codes.mu[own] - point).norm(dim=1)
        place = int(distances.argmin())
        is_near = bool(self.density(label).is_near(point[None]))
        return Place(tail, int(own[place]), float(distances[place]), is_near)

    def words(self, z: Sequence[float], label: int | None = None) -> str:
        """Say in sentences what is known of the place ``z``, under a label where one is given."""
        place, decimals = self.at(z, label), self.extent.decimals
        shown = ", ".join(f"{value:.{decimals}f}" for value in z[:8]) + (" …" if z[8:] else "")
        text = [
            f"z = ({shown})."
            if label is None
            else _("z = ({z}) under the label {name}.").format(
                z=shown, name=self.class_name(label)
            ),
            _("This space has no prior: places between its codes need not decode to anything.")
            if place.prior_tail is None
            else _("{share} of samples from the prior lie farther from the origin.").format(
                share=numbers.percent(place.prior_tail)
            ),
        ]
        if place.nearest < 0:
            text.append(_("No test image has this label, so the picture is a guess."))
            return " ".join(text)
        nearest = (
            _("The nearest test image is number {index}, class {name}, at distance {distance}.")
            if label is None
            else _(
                "The nearest test image of this label is number {index}, class {name}, at distance "
                "{distance}."
            )
        )
        text.append(
            nearest.format(
                index=place.nearest,
                name=self.class_name(int(self.labels[place.nearest])),
                distance=f"{place.distance:.{decimals - 1}f}",
            )
        )
        if not place.is_near:
            text.append(
                _(
                    "No codes are near (farther than 99% of codes are from the nearest other "
                    "code), so the picture is a guess."
                )
                if self.codes.logvar is None
                else _(
                    "No codes are near (the density of the codes is lower here than at 99% of "
                    "them), so the picture is a guess."
                )
            )
        return " ".join(text)


class SelectedAnswer(TypedDict):
    """What is told of a test image whose code was clicked."""

    index: int
    original: str | None
    """Its uint8 pixels ``(C, H, W)`` in base64; None where the data set is not at hand."""
    recon_loss: float | None
    """``-log p(x|z)`` at z = mu, in nats (for an autoencoder its own loss); None without the
    original."""
    kl: float | None
    """KL of q(z|x) from the prior, in nats; None where codes are points."""
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
    mu = codes.mu[index]
    answer: SelectedAnswer = {
        "index": index,
        "original": None,
        "recon_loss": None,
        "kl": None if codes.logvar is None else float(gaussian_kl(mu, codes.logvar[index])),
        "note": missing,
    }
    if data is not None and index < len(data.test):
        image, labels = data.test.images[index], data.test.labels[index : index + 1]
        logvar = None if codes.logvar is None else codes.logvar[index][None]
        costs = cost_of_codes(model, mu[None], logvar, pixels(image)[None], labels)
        answer["original"] = base64.b64encode(image.numpy().tobytes()).decode()
        answer["recon_loss"] = float(costs.recon_loss)
        answer["note"] = ""
    return answer


def _shows_manifold(config: ModelConfig) -> bool:
    kind = check_family(config.family).model
    is_plain = kind.is_continuous and kind.has_prior and not kind.is_conditional
    return is_plain and config.latent_dim <= 2


def picture_kind(config: ModelConfig) -> str:
    """Say what :func:`manifold_png` shows of a model."""
    if _shows_manifold(config):
        return _("manifold: what each place of the map decodes to")
    kind = check_family(config.family).model
    if not kind.has_prior:
        return _("decodes of random codes: there is no prior to draw from")
    if kind.is_conditional:
        return _("samples from the prior, the classes in turn")
    return _("samples from the prior")


@torch.inference_mode()
def manifold_png(run: Run, count: int = 9) -> bytes:
    """Return a small picture of what a run decodes: its manifold, or samples."""
    model = load_model(run.directory)
    if _shows_manifold(run.config.model):
        images = to_uint8(model.generate(manifold_grid(count, run.config.model.latent_dim)))
    else:
        drawn = model.sample(count * count, torch.Generator().manual_seed(SAMPLE_SEED))
        images = to_uint8(drawn).reshape(count, count, *drawn.shape[1:])
    if images.shape[-1] < SMALL:
        # Pictures this small have no margin of their own: without a gap they run together.
        images = np.pad(images, [(0, 0)] * 3 + [(0, 1)] * 2)
    return png_bytes(tile(images))

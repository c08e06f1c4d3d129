"""What the Embeddings page shows of a run, kept once a server and never changed.

What takes longer than a moment is computed in a thread, one thing after the other: a page asks for
it, goes on, and asks again.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from vae.analysis.compare.terms import loss_unit
from vae.analysis.embeddings import background, methods, quality
from vae.analysis.embeddings.quality import Quality
from vae.analysis.embeddings.settings import TITLES, Settings
from vae.analysis.embeddings.terms import code_terms
from vae.analysis.explore import format_z, run_codes
from vae.analysis.reconstructions import ImageTerms
from vae.config import ModelConfig
from vae.data import ImageData
from vae.errors import RunError
from vae.latent import export
from vae.latent.extent import Extent, extent_of
from vae.locale import N_, _, language, numbers
from vae.models import check_family
from vae.models.losses import gaussian_kl
from vae.runs import Run
from vae.runs.threads import Progress, Threads
from vae.storage.tables import csv_bytes
from vae.training.metrics import Codes, check_images, kl_per_dim
from vae.ui.embeddings.scatter import PointsHeader, ValuesHeader
from vae.ui.shared import loaders
from vae.ui.shared.originals import are_here, class_names, originals, version_with_data

Floats = NDArray[np.float32]

Colour = Literal["label", "recon_loss", "kl"]
COLOURS: dict[str, str] = {
    "label": N_("Class"),
    "recon_loss": N_("Reconstruction loss"),
    "kl": N_("KL"),
}
_OUTLIERS = 0.01  # Beyond these quantiles a colour scale does not follow.

_HEAD_START_S = 0.4
"""What is computed beside the page begins so much later: the page is shown first."""

_RETRY_S = 10.0


@st.cache_resource(show_spinner=False)
def _beside() -> Threads[Any]:
    """Return what is computed beside the pages of this server: sessions see each other's work."""
    return Threads("embeddings", kept=48, delay_s=_HEAD_START_S, retry_s=_RETRY_S)


@dataclass(frozen=True, eq=False)
class RunData:
    """The test codes of a run, with what is told of them."""

    codes: Codes
    labels: torch.Tensor
    """``(n,)``: classes; -1 for none."""
    class_names: tuple[str, ...]
    kl: Floats | None
    """``(n,)``: nats; None where codes are points."""
    weight: Floats
    """``(d,)``: what each dimension carries, the mean KL in nats; the spread of codes that are
    points."""
    extent: Extent
    code: str
    """What a code is called."""
    unit: str
    """Of the reconstruction loss."""
    no_kl: str
    """Why there is no KL; empty where there is one."""
    is_continuous: bool
    """Whether every place decodes."""
    is_conditional: bool

    @property
    def mu(self) -> Floats:
        """The means, ``(n, d)``."""
        return np.asarray(self.codes.mu.numpy(), dtype=np.float32)

    def say_weight(self, dim: int) -> str:
        value = float(self.weight[dim])
        return (
            _("spread {value:.3g}").format(value=value)
            if self.kl is None
            else _("KL {value:.2f}").format(value=value)
        )

    def address(self, run: Run, index: int) -> dict[str, str] | None:
        """Return where a code is in Explore; None where that page has no such place."""
        if not self.is_continuous:
            return None
        limit = self.extent.limit
        place = np.clip(self.mu[index], -limit, limit).tolist()
        label = {"label": str(int(self.labels[index]))} if self.is_conditional else {}
        return {"run": run.name, "z": format_z(place, self.extent.decimals)} | label


def unit_of(config: ModelConfig) -> str:
    """Return what the reconstruction loss of an image is counted in."""
    unit = loss_unit(config)
    return unit.words if unit.key == "mse" else "nats"


@st.cache_resource(max_entries=8, show_spinner=False)
def run_data(_run: Run, version: str) -> RunData:
    """Return a run's test codes; RunError if it keeps none, or they are damaged."""
    codes, labels = run_codes(_run)
    d = _run.config.model.latent_dim
    whole = codes.mu.shape[1:] == (d,) and len(labels) == len(codes.mu) > 0
    if not whole or not torch.isfinite(codes.mu).all():
        raise RunError(
            _(
                "the codes of {run} are damaged: restore codes.safetensors from a copy, or train "
                "the run again."
            ).format(run=_run.name)
        )
    kind = check_family(_run.config.model.family).model
    carried = kl_per_dim(codes)
    weight = codes.mu.std(0, unbiased=False) if carried is None else carried
    kl = None if codes.logvar is None else gaussian_kl(codes.mu, codes.logvar)
    return RunData(
        codes,
        labels,
        class_names(_run),
        None if kl is None else np.asarray(kl.numpy(), dtype=np.float32),
        np.asarray(weight.numpy(), dtype=np.float32),
        extent_of(codes.mu.numpy(), has_prior=kind.has_prior),
        "mu" if kl is not None else N_("code") if kind.is_continuous else N_("mean code"),
        unit_of(_run.config.model),
        "" if kind.has_prior else kind.not_applicable["kl"],
        kind.is_continuous,
        kind.is_conditional,
    )


@dataclass(frozen=True, eq=False)
class Embedding:
    """Codes laid out in two dimensions."""

    name: str
    """Names the points in the page and in caches."""
    title: str
    index: NDArray[np.int64]
    """``(m,)``: which of the test codes."""
    places: Floats
    """``(m, 2)``."""
    axes: tuple[str, str]
    has_ticks: bool = True
    is_line: bool = False

    @property
    def coordinates(self) -> Floats:
        """The places without what stands for nothing: ``(m, 1)`` of a line."""
        return self.places[:, :1] if self.is_line else self.places


def _with_jitter(across: Floats) -> Floats:
    return np.column_stack([across, methods.jitter(len(across))]).astype(np.float32)


@st.cache_resource(max_entries=32, show_spinner=False)
def mu_embedding(_run: Run, version: str, dims: tuple[int, ...], spoken: str = "en") -> Embedding:
    """Lay out codes by one or two of their dimensions; ``spoken`` keeps languages apart."""
    data = run_data(_run, version)
    mu, code = data.mu, _(data.code)
    is_line = len(dims) < 2
    return Embedding(
        f"mu-{version}-{spoken}-{'-'.join(map(str, dims))}",
        code,
        np.arange(len(mu)),
        _with_jitter(mu[:, dims[0]]) if is_line else mu[:, list(dims)],
        (
            f"{code} {dims[0] + 1}",
            _("spread only to be seen") if is_line else f"{code} {dims[1] + 1}",
        ),
        is_line=is_line,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def pca_embedding(_run: Run, version: str, spoken: str = "en") -> Embedding:
    """Lay out codes by their principal components, with the share of variance on each axis."""
    places, explained = methods.pca(run_data(_run, version).mu)
    is_line = places.shape[1] < 2
    words = _("PC {n}: {share} of the variance")
    axes = [
        words.format(n=i + 1, share=numbers.percent(float(share), 1))
        for i, share in enumerate(explained)
    ]
    return Embedding(
        f"pca-{version}-{spoken}",
        TITLES["pca"],
        np.arange(len(places)),
        _with_jitter(places[:, 0]) if is_line else places,
        (axes[0], _("spread only to be seen") if is_line else axes[1]),
        is_line=is_line,
    )


def computed_embedding(run: Run, settings: Settings) -> Embedding | None:
    """Return a t-SNE or UMAP that has been computed before, on this server or another."""
    places = background.find(run, settings)
    if places is None:
        return None
    title = TITLES[settings.method]
    return Embedding(
        f"{settings.method}-{background.key_of(run, settings)}-{language()}",
        title,
        methods.spread_evenly(len(run_data(run, run.version).mu), len(places)),
        places,
        (f"{title} 1", f"{title} 2"),
        has_ticks=False,
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def points_payload(_run: Run, version: str, name: str, _shown: Embedding) -> bytes:
    """Return an embedding's points as bytes for the browser."""
    data = run_data(_run, version)
    header: PointsHeader = {
        "run": name,
        "title": _("{method} of {run}").format(method=_shown.title, run=_run.name),
        "total": len(data.mu),
        "class_names": list(data.class_names),
        "image_shape": list(_run.config.model.image_shape),
        "axes": list(_shown.axes),
        "has_ticks": _shown.has_ticks,
        "is_line": _shown.is_line,
        "code": _(data.code),
    }
    arrays: dict[str, NDArray[Any]] = {
        "xy": np.nan_to_num(_shown.places).astype(np.float32),
        "index": _shown.index.astype(np.int32),
        "label": data.labels.numpy()[_shown.index].astype(np.int32),
    }
    return export.pack(header, arrays)


def costs(run: Run, *, wait: bool = False) -> Progress | None:
    """Return how the measuring of what each test code's image costs stands; begin it if need be.

    The result is :class:`ImageTerms`; None without the data set.
    """
    name = run.config.data.dataset
    if not are_here(name):
        return None
    version = run.version

    def work(report: object) -> ImageTerms:
        images = loaders.data_of(run)
        check_images(run.config.model, images)
        count = len(run_data(run, version).mu)
        return code_terms(loaders.model(run, version), images, count)

    key = ("costs", version_with_data(run))
    found = _beside().submit(key, work)
    return _beside().wait(key) if wait else found


def needs_images(data: RunData, colour: Colour) -> bool:
    """Whether a colour tells what only the images tell."""
    return colour == "recon_loss" or (colour == "kl" and data.kl is None and not data.no_kl)


def values_payload(run: Run, colour: Colour, values: Floats) -> tuple[str, bytes]:
    """Return the name of the values to colour by, and the bytes for the browser."""
    name = f"{colour}-{run.version}-{language()}"
    return name, _values_payload(run, name, colour, values)


@st.cache_resource(max_entries=16, show_spinner=False)
def _values_payload(_run: Run, name: str, _colour: Colour, _values: Floats) -> bytes:
    finite = _values[np.isfinite(_values)]
    ends = np.quantile(finite, [_OUTLIERS, 1 - _OUTLIERS]) if finite.size else [0.0, 1.0]
    header: ValuesHeader = {
        "run": name,
        "name": _(COLOURS[_colour]),
        "unit": _(unit_of(_run.config.model)) if _colour == "recon_loss" else "nats",
        "low": float(ends[0]),
        "high": float(ends[1]),
    }
    return export.pack(header, {"value": _values})


def quality_of(run: Run, shown: Embedding) -> Progress:
    """Return how the measuring of an embedding's quality stands; begin it if need be."""
    data = run_data(run, run.version)
    labels = data.labels.numpy()[shown.index]

    def work(report: object) -> Quality:
        return quality.measure(data.mu[shown.index], shown.coordinates, labels)

    return _beside().submit(("quality", run.version, shown.name), work)


def originals_or_why(run: Run) -> tuple[ImageData | None, str]:
    """Return the images as the run sees them, or None and why they cannot be shown."""
    found = originals(run)
    if not found.is_absent:
        return found.data, found.problem
    kind = check_family(run.config.model.family).model
    rest = (
        _("only the reconstruction is shown.")
        if kind.is_continuous
        else _("only an image gives the codes that would decode to it.")
    )
    return None, f"{found.problem.rstrip('.')}: {rest}"


def as_csv(run: Run, shown: Embedding) -> bytes:
    """Return the shown points as CSV: index, label, place, costs, code.

    The column of the reconstruction loss is empty without the data set, and that of the KL where it
    does not apply.
    """
    data = run_data(run, run.version)
    found = costs(run, wait=True)
    # Images that do not belong to the model tell nothing.
    known: ImageTerms | None = found.result if found else None
    kls = data.kl if data.kl is not None else known.kl if known is not None else None

    def cost(values: Floats | None, index: int) -> str:
        return "" if values is None or np.isnan(values[index]) else f"{values[index]:.5g}"

    rows: list[list[Any]] = []
    dims = [f"mu_{dim + 1}" for dim in range(data.mu.shape[1])]
    for row, index in enumerate(shown.index.tolist()):
        x, y = shown.places[row].tolist()
        loss, kl = cost(known.recon_loss if known else None, index), cost(kls, index)
        at = [f"{value:.5g}" for value in (x, y)]
        mu = [f"{value:.5g}" for value in data.mu[index].tolist()]
        label = int(data.labels[index])
        rows.append([index, label, *at, loss, kl, *mu])
    return csv_bytes(["index", "label", "x", "y", "recon_loss", "kl", *dims], rows)

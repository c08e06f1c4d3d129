"""What the Embeddings page shows of a run, kept once a server and never changed.

What takes longer than a moment is computed beside the page, one thing after the other: a page asks
for it, goes on, and asks again.
"""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from vae import export
from vae.data import DATASETS, ImageData
from vae.data import status as data_status
from vae.embed import background, methods, quality
from vae.embed.settings import TITLES, Settings
from vae.embed.terms import image_terms
from vae.errors import RunError, UserError
from vae.explore import run_codes
from vae.losses import gaussian_kl
from vae.metrics import Codes, kl_per_dim
from vae.runs import Run
from vae.ui import loaders
from vae.ui.scatter import PointsHeader, ValuesHeader

Floats = NDArray[np.float32]
T = TypeVar("T")
QualityLater = Future[quality.Quality]

Colour = Literal["label", "recon_loss", "kl"]
COLOURS: dict[str, str] = {"label": "Class", "recon_loss": "Reconstruction loss", "kl": "KL"}
_OUTLIERS = 0.01  # Beyond these quantiles a colour scale does not follow.

_HEAD_START_S = 0.4
"""What is computed beside the page begins so much later: the page is shown first."""

_one_at_a_time = threading.Lock()


def later(work: Callable[[], T]) -> Future[T]:
    """Do something in a thread of its own, when those asked for before are done."""
    future: Future[T] = Future()

    def run() -> None:
        time.sleep(_HEAD_START_S)
        with _one_at_a_time:
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

    threading.Thread(target=run, name="embeddings", daemon=True).start()
    return future


@dataclass(frozen=True, eq=False)
class RunData:
    """The test codes of a run, with what is told of them."""

    codes: Codes
    labels: torch.Tensor
    """``(n,)``: classes; -1 for none."""
    class_names: tuple[str, ...]
    kl: Floats
    """``(n,)``: nats."""
    kl_per_dim: Floats
    """``(d,)``: mean over the codes, nats."""

    @property
    def mu(self) -> Floats:
        """The means, ``(n, d)``."""
        return np.asarray(self.codes.mu.numpy(), dtype=np.float32)


@st.cache_resource(max_entries=8, show_spinner=False)
def run_data(_run: Run, version: str) -> RunData:
    """Return a run's test codes.

    Raises
    ------
    RunError
        If the run keeps none, or they are damaged.
    """
    codes, labels = run_codes(_run)
    d = _run.config.model.latent_dim
    whole = codes.mu.shape[1:] == (d,) and len(labels) == len(codes.mu) > 0
    if not whole or not torch.isfinite(codes.mu).all():
        raise RunError(
            f"the codes of {_run.name} are damaged: restore codes.safetensors from a copy, or "
            "train the run again."
        )
    spec = DATASETS.get(_run.config.data.dataset)
    return RunData(
        codes,
        labels,
        tuple(spec.class_names) if spec else (),
        np.asarray(gaussian_kl(*codes).numpy(), dtype=np.float32),
        np.asarray(kl_per_dim(codes).numpy(), dtype=np.float32),
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
    def told(self) -> Floats:
        """The places without what stands for nothing: ``(m, 1)`` of a line."""
        return self.places[:, :1] if self.is_line else self.places


def _with_jitter(across: Floats) -> Floats:
    return np.column_stack([across, methods.jitter(len(across))]).astype(np.float32)


@st.cache_resource(max_entries=32, show_spinner=False)
def mu_embedding(_run: Run, version: str, dims: tuple[int, ...]) -> Embedding:
    """Lay out codes by one or two of their dimensions."""
    mu = run_data(_run, version).mu
    is_line = len(dims) < 2
    return Embedding(
        f"mu-{version}-{'-'.join(map(str, dims))}",
        "mu",
        np.arange(len(mu)),
        _with_jitter(mu[:, dims[0]]) if is_line else mu[:, list(dims)],
        (f"mu {dims[0] + 1}", "spread only to be seen" if is_line else f"mu {dims[1] + 1}"),
        is_line=is_line,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def pca_embedding(_run: Run, version: str) -> Embedding:
    """Lay out codes by their principal components, with the share of variance on each axis."""
    places, explained = methods.pca(run_data(_run, version).mu)
    is_line = places.shape[1] < 2
    axes = [f"PC {i + 1}: {share:.1%} of the variance" for i, share in enumerate(explained)]
    return Embedding(
        f"pca-{version}",
        TITLES["pca"],
        np.arange(len(places)),
        _with_jitter(places[:, 0]) if is_line else places,
        (axes[0], "spread only to be seen" if is_line else axes[1]),
        is_line=is_line,
    )


def computed_embedding(run: Run, settings: Settings) -> Embedding | None:
    """Return a t-SNE or UMAP that has been computed before, on this server or another."""
    places = background.find(run, settings)
    if places is None:
        return None
    title = TITLES[settings.method]
    return Embedding(
        f"{settings.method}-{background.key_of(run, settings)}",
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
        "title": f"{_shown.title} of {_run.name}",
        "total": len(data.mu),
        "class_names": list(data.class_names),
        "image_shape": list(_run.config.model.image_shape),
        "axes": list(_shown.axes),
        "has_ticks": _shown.has_ticks,
        "is_line": _shown.is_line,
    }
    arrays: dict[str, NDArray[Any]] = {
        "xy": np.nan_to_num(_shown.places).astype(np.float32),
        "index": _shown.index.astype(np.int32),
        "label": data.labels.numpy()[_shown.index].astype(np.int32),
    }
    return export.pack(header, arrays)


@st.cache_resource(max_entries=16, show_spinner=False)
def _recon_loss(_run: Run, version: str) -> Future[Floats]:
    def work() -> Floats:
        images = loaders.dataset(_run.config.data.dataset).test.images
        data = run_data(_run, version)
        known = image_terms(loaders.model(_run, version), data.codes.mu, images)
        # Codes without an image have no loss.
        losses = np.full(len(data.mu), np.nan, dtype=np.float32)
        losses[: len(known)] = known
        return losses

    return later(work)


def recon_loss(run: Run) -> Future[Floats] | None:
    """Return the loss of each test code at its mu, ``(n,)`` nats; None without the data set."""
    name = run.config.data.dataset
    if name not in DATASETS or data_status(name).state != "ready":
        return None
    return _recon_loss(run, run.version)


def values_payload(run: Run, colour: Colour, values: Floats) -> tuple[str, bytes]:
    """Return the name of the values to colour by, and the bytes for the browser."""
    name = f"{colour}-{run.version}"
    return name, _values_payload(run, name, colour, values)


@st.cache_resource(max_entries=16, show_spinner=False)
def _values_payload(_run: Run, name: str, _colour: Colour, _values: Floats) -> bytes:
    finite = _values[np.isfinite(_values)]
    ends = np.quantile(finite, [_OUTLIERS, 1 - _OUTLIERS]) if finite.size else [0.0, 1.0]
    header: ValuesHeader = {
        "run": name,
        "name": COLOURS[_colour],
        "low": float(ends[0]),
        "high": float(ends[1]),
    }
    return export.pack(header, {"value": _values})


@st.cache_resource(max_entries=32, show_spinner=False)
def quality_of(_run: Run, version: str, name: str, _shown: Embedding) -> QualityLater:
    """Measure an embedding, beside the page."""
    data = run_data(_run, version)
    labels = data.labels.numpy()[_shown.index]
    return later(lambda: quality.measure(data.mu[_shown.index], _shown.told, labels))


def images_of(run: Run) -> ImageData | None:
    """Return the run's data set, None where it is not on this machine."""
    try:
        return loaders.dataset(run.config.data.dataset)
    except UserError:
        return None


def as_csv(run: Run, shown: Embedding) -> bytes:
    """Return the shown points as CSV: index, label, place, costs in nats, mu.

    Without the data set the column of the reconstruction loss is empty.
    """
    data = run_data(run, run.version)
    losses = recon_loss(run)
    known = losses.result() if losses is not None else None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    dims = [f"mu_{dim + 1}" for dim in range(data.mu.shape[1])]
    writer.writerow(["index", "label", "x", "y", "recon_loss", "kl", *dims])
    for row, index in enumerate(shown.index.tolist()):
        x, y = shown.places[row].tolist()
        loss = "" if known is None or np.isnan(known[index]) else f"{known[index]:.4f}"
        numbers = [f"{value:.5g}" for value in (x, y)]
        mu = [f"{value:.5g}" for value in data.mu[index].tolist()]
        label = int(data.labels[index])
        writer.writerow([index, label, *numbers, loss, f"{data.kl[index]:.4f}", *mu])
    return out.getvalue().encode()

"""What a run shows as it learns: loss, map and pictures, of this moment or of a kept epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.figures import train as figures
from vae.locale import _
from vae.locale.numbers import number
from vae.models import check_family
from vae.runs import CODES_FILE, Run
from vae.runs.live import LIVE_FILE, Live
from vae.runs.progress import epochs_at, step_points
from vae.storage.files import Arrays
from vae.training.projection import projection_of
from vae.ui.shared import loaders
from vae.ui.shared.live_charts import HEIGHT, code_option, loss_option
from vae.ui.shared.originals import class_names
from vae.ui.shared.run.pictures import nearest_epoch, when_words
from vae.ui.shared.show import page_theme

Lines = Sequence[Mapping[str, Any]]


def part_names(line: Mapping[str, Any]) -> list[str]:
    """Return the parts of a report's loss that apply: their sum is its total."""
    terms = line["train"]
    return [name for name in figures.TERM_TITLES if name != "loss" and terms.get(name) is not None]


def _terms(lines: Lines, split: str, names: Sequence[str]) -> NDArray[np.float64]:
    rows = [[line[split][name] for name in names] for line in lines]
    return np.array(rows, dtype=np.float64).reshape(-1, len(names))


def loss_words(line: Mapping[str, Any], titles: Sequence[str], names: Sequence[str]) -> str:
    """Say what a loss is made of, with its numbers."""
    values = [float(line["train"][name]) for name in names]
    parts = " + ".join(
        f"{title} **{number(value)}**" for title, value in zip(titles, values, strict=True)
    )
    total = _("−ELBO") if "kl" in names and len(names) == 2 else _("sum")
    return f"{parts} = {total} **{number(sum(values))}**" if len(names) > 1 else parts


def loss_chart(run: Run, lines: Lines) -> None:
    """Show the parts of the loss upon one another, step by step, and that of the test images."""
    if not lines:
        return
    names = part_names(lines[-1])
    titles = [_(figures.TERM_TITLES[name]) for name in names]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    # Shipped runs keep their epochs alone.
    shown = step_points(lines) or epochs
    if epochs and epochs_at(epochs[-1]) > epochs_at(shown[-1]):
        shown = [*shown, epochs[-1]]
    st.echarts_chart(
        loss_option(
            np.array([epochs_at(line) for line in shown]),
            _terms(shown, "train", names),
            np.array([float(line["epoch"]) for line in epochs]),
            _terms(epochs, "test", names).sum(axis=1),
            titles,
            float(max(run.config.train.epochs, epochs_at(lines[-1]))),
        ),
        key=f"loss-{run.name}",
        height=HEIGHT,
        alt=_("Parts of the loss by epoch: {parts}").format(parts=", ".join(titles)),
    )
    st.caption(loss_words(lines[-1], titles, names))


@st.cache_resource(max_entries=4, show_spinner=False)
def _codes(_run: Run, stamp: str) -> Arrays:
    return _run.codes()


def live_of(run: Run) -> Live | None:
    """Return what a run that trains shows of itself, read once for each version of its file."""
    stamp = loaders.stamp(run.directory / LIVE_FILE)
    return _live(run, stamp) if stamp else None


@st.cache_resource(max_entries=16, show_spinner=False)
def _live(_run: Run, stamp: str) -> Live | None:
    return _run.live()


def has_map(run: Run) -> bool:
    """Whether the codes of a run lie in a plane: its own, or that of their PCA."""
    family = check_family(run.config.model.family).model
    return family.is_continuous and run.config.model.latent_dim >= 2


def _map(run: Run, plane: NDArray[Any], label: NDArray[Any], extent: float, when: str) -> None:
    is_pca = run.config.model.latent_dim > 2
    st.echarts_chart(
        code_option(
            plane,
            label,
            [_(name) for name in class_names(run)],
            extent,
            page_theme(),
            ("PCA 1", "PCA 2") if is_pca else ("mu 1", "mu 2"),
        ),
        key=f"codes-{run.name}",
        height=HEIGHT,
        alt=_("Codes (mu) of {n} test images, coloured by class").format(n=len(plane)),
    )
    words = _("Where the test images lie, {when}.").format(when=when)
    if is_pca:
        words += " " + _("The plane is the PCA of the first epoch, the same for all epochs.")
    st.caption(words)


def live_map(run: Run, live: Live) -> None:
    """Show where the codes are at this moment; they glide from where they were."""
    extent = figures.code_extent(live.plane)
    held = st.session_state.get(f"extent-{run.name}", 0.0)
    extent = st.session_state[f"extent-{run.name}"] = max(extent, held)
    _map(run, live.plane, live.label, extent, when_words(live.at))


def epoch_map(run: Run, epoch: int) -> None:
    """Show where the codes were after a kept epoch."""
    arrays = _codes(run, loaders.stamp(run.directory / CODES_FILE))
    history = cast(NDArray[np.float16], arrays.get("history", np.empty((0, 0, 2))))
    if not len(history):
        return
    projection = projection_of(arrays)
    index = nearest_epoch(arrays["epochs"], epoch)
    plane = projection.project(np.asarray(history, np.float32))
    label = arrays["label"][: history.shape[1]]
    when = when_words(int(arrays["epochs"][index]))
    _map(run, plane[index], label, figures.code_extent(plane), when)

"""The Train page's view of a run as it learns: progress, losses, pictures, the map of codes."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.config import RunConfig
from vae.data import known_spec
from vae.figures import train as figures
from vae.models import check_family
from vae.runs import CODES_FILE, METRICS_FILE, PICTURES_FILE, STATUS_FILE, Run
from vae.runs.progress import epochs_at
from vae.storage.files import Arrays
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.live_charts import HEIGHT, code_option, loss_option
from vae.ui.shared.originals import class_names
from vae.ui.shared.run.pictures import choose_epoch, nearest_epoch, picture_rows
from vae.ui.shared.run.progress import progress
from vae.ui.shared.run.state import LIVE, RunPhase, follow
from vae.ui.shared.show import page_theme, show_warning

_QUIET_S = 300.0
"""A run that reports nothing for so long may hang; one that is slow reports ten times an epoch."""


def _terms(lines: list[dict[str, Any]], split: str, names: Sequence[str]) -> NDArray[np.float64]:
    rows = [[line[split][name] for name in names] for line in lines]
    return np.array(rows, dtype=np.float64).reshape(-1, len(names))


def term_names(line: dict[str, Any]) -> list[str]:
    """Return the terms of a report that apply; the total is left out where it is one term alone."""
    names = [name for name in figures.TERM_TITLES if line["train"].get(name) is not None]
    return names if len(names) > 2 else names[1:]


def loss_chart(run: Run, lines: list[dict[str, Any]]) -> None:
    """Show the loss curves: of epochs, or of steps as long as there is no whole epoch."""
    epochs = [line for line in lines if line["kind"] == "epoch"]
    steps = [] if epochs else lines
    at = np.array([float(line["epoch"]) for line in epochs])
    step_at = np.array([epochs_at(line) for line in steps])
    if not lines:
        return
    names = term_names(lines[-1])
    titles = [figures.TERM_TITLES[name] for name in names]
    train_at, train = (
        (at, _terms(epochs, "train", names)) if epochs else (step_at, _terms(steps, "train", names))
    )
    st.echarts_chart(
        loss_option(train_at, train, at, _terms(epochs, "test", names), titles),
        key=f"loss-{run.name}",
        height=HEIGHT,
        alt=f"{', '.join(titles)} of training and test images by epoch",
    )


def code_chart(run: Run, epoch: int) -> None:
    """Show the codes of the test images after an epoch, where they have two dimensions."""
    arrays = _codes(run, loaders.stamp(run.directory / CODES_FILE))
    history = cast(NDArray[np.float16], arrays.get("history", np.empty((0, 0, 2))))
    if not len(history):
        return
    index = nearest_epoch(arrays["epochs"], epoch)
    st.echarts_chart(
        code_option(
            history[index],
            cast(NDArray[np.int16], arrays["label"][: history.shape[1]]),
            class_names(run),
            figures.code_extent(history),
            page_theme(),
        ),
        key=f"codes-{run.name}",
        height=HEIGHT,
        alt=f"Codes (mu) of {history.shape[1]} test images after epoch {epoch}, coloured by class",
    )


def _quiet(run: Run) -> None:
    """Say that a running run has reported nothing for long."""
    times = []
    for name in (METRICS_FILE, STATUS_FILE):
        with contextlib.suppress(OSError):
            times.append((run.directory / name).stat().st_mtime)
    silent = time.time() - max(times, default=time.time())
    if silent > _QUIET_S:
        show_warning(
            f"{run.name} has reported nothing for {silent / 60:.0f} min. If it hangs, stop it: "
            "choose it in the list and press Stop."
        )


@st.cache_resource(max_entries=4, show_spinner=False)
def _pictures(_run: Run, stamp: str) -> Arrays:
    return _run.pictures()


@st.cache_resource(max_entries=4, show_spinner=False)
def _codes(_run: Run, stamp: str) -> Arrays:
    return _run.codes()


@errors_shown()
def view(run: Run, root: Path, before: Mapping[str, RunPhase]) -> None:
    """Show how far a run is and what it has learnt; run as a fragment."""
    live = before[run.name][0] in LIVE
    if live:
        follow(root, before)
    first = next((name for name, (state, _) in before.items() if state == "running"), None)
    try:
        status, lines = run.status(), loaders.metrics(run)
        progress(status, lines, first)
        if live and first is not None:
            _quiet(Run(root / first))
        stamp = loaders.stamp(run.directory / PICTURES_FILE)
        if not lines and not stamp:
            if live:
                st.caption("The first figures come within the first epoch.")
            return
        arrays = _pictures(run, stamp) if stamp else {}
        epoch = 0
        if arrays:
            epoch = choose_epoch(run, [int(e) for e in arrays["epochs"]], live=live)
        left, right = st.columns(2)
        with left:
            loss_chart(run, lines)
        with right:
            if arrays and run.config.model.latent_dim == 2:
                code_chart(run, epoch)
        if arrays:
            # Where there is no map, its column is free for the pictures.
            flat = run.config.model.latent_dim == 2
            places = (left, right, left) if flat else (right,) * 3
            picture_rows(run, arrays, epoch, places, stamp=stamp)
    except (KeyError, IndexError, ValueError):
        show_error(f"The pictures or codes by epoch of {run.name} are not whole.")


def describe(config: RunConfig) -> str:
    """Say in one line what a run was asked to do; of options, those that its family reads."""
    spec = known_spec(config.data.dataset)
    data, model, train = config.data, config.model, config.train
    family = check_family(model.family)
    parts = [family.title, spec.title if spec else data.dataset]
    if data.classes is not None:
        kept = [spec.class_name(k) if spec else str(k) for k in data.classes]
        parts.append("only " + ", ".join(kept))
    if data.binarise != "none":
        parts.append(f"pixels black or white ({data.binarise})")
    parts += [f"{model.arch} {','.join(map(str, model.hidden))}", f"d = {model.latent_dim}"]
    for name in family.model.options:
        value = getattr(model, name)
        if name == "beta" or value != type(model).model_fields[name].default:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            parts.append(f"{name.replace('_', ' ')} = {shown}")
    if family.model.takes_samples:
        parts.append(f"L = {train.samples}")
    parts += [
        f"batch {train.batch_size}",
        f"learning rate {train.lr:g}",
        f"seed {train.seed}",
    ]
    return " · ".join(parts)

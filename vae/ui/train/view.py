"""The Train page's view of a run as it learns: progress, losses, pictures, the map of codes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from vae import runs
from vae.config import RunConfig
from vae.data import known_spec, spec_of
from vae.data import status as data_status
from vae.errors import UserError
from vae.figures import common as figures
from vae.models import check_family
from vae.runs import (
    CODES_FILE,
    METRICS_FILE,
    PICTURES_FILE,
    STATUS_FILE,
    Run,
    Status,
    queue,
)
from vae.runs.progress import time_left
from vae.storage.files import Arrays
from vae.storage.pictures import png_bytes, tile
from vae.training.loop import fixed_indices
from vae.ui.shared import loaders
from vae.ui.shared.live_charts import HEIGHT, code_option, loss_option

Levels = NDArray[np.uint8]
Places = tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]
Mark = tuple[str, str]
"""A run's state and how far a Stop has come: what the page is laid out by."""

LIVE = ("queued", "running")
STATE_WORDS: dict[str, tuple[str, str]] = {
    "new": ("not started", ":material/circle:"),
    "queued": ("waiting", ":material/schedule:"),
    "running": ("training", ":material/directions_run:"),
    "done": ("finished", ":material/check:"),
    "failed": ("failed", ":material/error:"),
    "cancelled": ("stopped", ":material/stop_circle:"),
    "interrupted": ("interrupted", ":material/power_off:"),
}
_PICTURE_SIDE = 56
"""Pictures are enlarged by whole pixels to about this, so that the browser does not blur them."""
_EDGE = 110  # grey level between two pictures
_QUIET_S = 300.0
"""A run that reports nothing for so long may hang; one that is slow reports ten times an epoch."""


def say(error: UserError) -> None:
    """Show a user's error as a sentence."""
    st.error(str(error), icon=":material/error:")


def states(root: Path) -> dict[str, Status]:
    """Return the status of each run, own ones first, the newest at their head."""
    found = runs.list_runs(root)
    ordered = [run for run in found if not run.config.shipped]
    ordered += [run for run in found if run.config.shipped]
    result = {}
    for run in ordered:
        with contextlib.suppress(UserError):  # Deleted since it was listed.
            result[run.name] = run.status()
    return result


def shown_state(status: Status) -> str:
    """Return a run's state, or "new" where it is only a config that nobody has put in the queue."""
    waits = status.queued_at is not None
    return "new" if status.state == "queued" and not waits else status.state


def stop_phase(run: Run, status: Status) -> str:
    """Return "asked" where a running run was asked to stop, "overdue" if it does not, or ""."""
    asked = queue.stop_asked(run) if status.state == "running" else None
    if asked is None:
        return ""
    return "overdue" if asked >= queue.STOP_PATIENCE_S else "asked"


def marks(root: Path, found: Mapping[str, Status]) -> dict[str, Mark]:
    """Return for each run what the page is laid out by."""
    return {
        name: (shown_state(status), stop_phase(Run(root / name), status))
        for name, status in found.items()
    }


def follow(root: Path, before: Mapping[str, Mark]) -> None:
    """See to the queue, and show the whole page anew where a run's mark has changed."""
    try:
        queue.tend(root)
        now = marks(root, states(root))
    except UserError:
        return
    if now != before:
        st.rerun()


@st.cache_data(max_entries=8, show_spinner=False)
def _originals(_run: Run, of_data: str, version: str) -> tuple[Levels, Levels]:
    data = loaders.data_of(_run)
    train, test = (
        np.asarray(split.images[fixed_indices(split.labels)].numpy(), dtype=np.uint8)
        for split in (data.train, data.test)
    )
    return train, test


def originals(run: Run) -> tuple[Levels, Levels] | None:
    """Return the ten training and ten test images that a run shows, if they are here."""
    config = run.config.data
    try:
        if not data_status(config.dataset).ready:
            return None
        version = spec_of(config.dataset).version
        return _originals(run, config.model_dump_json(), version)
    except UserError:
        return None


def strip(*rows: Levels) -> bytes:
    """Join rows of images ``(n, C, H, W)`` into one PNG, enlarged by whole pixels."""
    images = np.stack(rows)
    factor = max(1, _PICTURE_SIDE // images.shape[-1])
    large = images.repeat(factor, axis=-2).repeat(factor, axis=-1)
    edge = ((0, 0), (0, 0), (0, 0), (1, 1), (1, 1))
    return png_bytes(tile(np.pad(large, edge, constant_values=_EDGE)))


def progress(status: Status, lines: list[dict[str, Any]], first: str | None = None) -> None:
    """Show in words and as a bar how far a run is; ``first`` is the run that it waits for."""
    epochs = max(1, status.epochs)
    done, seconds = float(status.epoch), 0.0
    if lines:
        last = lines[-1]
        part = last["step"] / last["steps_per_epoch"] if last["kind"] == "step" else 1.0
        done, seconds = last["epoch"] - 1 + part, float(last["seconds"])
    if status.state == "done":
        st.progress(1.0, text=f"Finished: {status.epochs} epochs in {seconds:.0f} s of training.")
        return
    share = min(1.0, done / epochs)
    text = f"Epoch {int(min(epochs, np.ceil(done)))} of {epochs}"
    if status.state == "running":
        text += f" · {time_left(seconds * (1 - share) / share)}" if share else " · starting …"
    elif shown_state(status) == "queued":
        text += f" · waiting for {first or 'its turn'}: it starts by itself"
    else:
        text += f" · {STATE_WORDS[shown_state(status)][0]}"
    st.progress(share, text=text)


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
    step_at = np.array(
        [line["epoch"] - 1 + line["step"] / line["steps_per_epoch"] for line in steps]
    )
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


def _nearest(epochs: NDArray[Any], epoch: int) -> int:
    return int(np.abs(np.asarray(epochs, dtype=np.int64) - epoch).argmin())


def code_chart(run: Run, epoch: int) -> None:
    """Show the codes of the test images after an epoch, where they have two dimensions."""
    arrays = _codes(run, _stamp(run.directory / CODES_FILE))
    history = cast(NDArray[np.float16], arrays.get("history", np.empty((0, 0, 2))))
    if not len(history):
        return
    index = _nearest(arrays["epochs"], epoch)
    spec = known_spec(run.config.data.dataset)
    st.echarts_chart(
        code_option(
            history[index],
            cast(NDArray[np.int16], arrays["label"][: history.shape[1]]),
            spec.class_names if spec else (),
            figures.code_extent(history),
        ),
        key=f"codes-{run.name}",
        height=HEIGHT,
        alt=f"Codes (mu) of {history.shape[1]} test images after epoch {epoch}, coloured by class",
    )


def choose_epoch(run: Run, epochs: list[int], *, live: bool) -> int:
    """Return the epoch to show: the newest while it trains, afterwards any on a slider."""
    if live or len(epochs) < 2:
        return epochs[-1]
    key = f"epoch-{run.name}"
    if st.session_state.get(key) not in epochs:
        st.session_state[key] = epochs[-1]
    return int(
        st.select_slider(
            "Epoch", epochs, key=key, help="Plays the run's epochs again: pictures and map."
        )
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _strip(_rows: tuple[Levels, ...], stamp: str, what: str, index: int) -> bytes:
    return strip(*_rows)


def picture_rows(
    run: Run, arrays: dict[str, Any], epoch: int, places: Places, *, stamp: str | None = None
) -> None:
    """Show originals over reconstructions, and samples of the prior, each in its place.

    With the ``stamp`` of the arrays' file the pictures made of them are kept.
    """

    def made(what: str, *rows: Levels) -> bytes:
        return strip(*rows) if stamp is None else _strip(rows, stamp, what, index)

    index = _nearest(arrays["epochs"], epoch)
    found = originals(run)
    for place, split, title, images in (
        (places[0], "test_recon", "Test images", found[1] if found else None),
        (places[1], "train_recon", "Training images", found[0] if found else None),
    ):
        recon = arrays[split][index]
        both = images is not None and images.shape == recon.shape
        words = "above, their reconstructions below" if both else "as reconstructed"
        caption = f"{title} {words}, after epoch {epoch}"
        rows = (images, recon) if both and images is not None else (recon,)
        picture = made(f"{split}-{len(rows)}", *rows)
        place.image(picture, width="stretch", caption=caption, alt=caption)
    has_prior = check_family(run.config.model.family).model.has_prior
    what = "Samples of the prior" if has_prior else "Random codes decoded: there is no prior"
    caption = f"{what}, after epoch {epoch}"
    picture = made("samples", arrays["samples"][index])
    places[2].image(picture, width="stretch", caption=caption, alt=caption)


def _quiet(run: Run) -> None:
    """Say that a running run has reported nothing for long."""
    times = []
    for name in (METRICS_FILE, STATUS_FILE):
        with contextlib.suppress(OSError):
            times.append((run.directory / name).stat().st_mtime)
    silent = time.time() - max(times, default=time.time())
    if silent > _QUIET_S:
        st.warning(
            f"{run.name} has reported nothing for {silent / 60:.0f} min. If it hangs, stop it: "
            "choose it in the list and press Stop.",
            icon=":material/warning:",
        )


def _stamp(path: Path) -> str:
    """Return what changes with a file; "" where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{path.resolve()}-{found.st_mtime_ns}-{found.st_size}"


# A page's timer asks every second, whether or not there is anything new; sessions share the answer.
@st.cache_resource(max_entries=8, show_spinner=False)
def _metrics(_run: Run, stamp: str) -> list[dict[str, Any]]:
    return _run.metrics()


@st.cache_resource(max_entries=4, show_spinner=False)
def _pictures(_run: Run, stamp: str) -> Arrays:
    return _run.pictures()


@st.cache_resource(max_entries=4, show_spinner=False)
def _codes(_run: Run, stamp: str) -> Arrays:
    return _run.codes()


def view(run: Run, root: Path, before: Mapping[str, Mark]) -> None:
    """Show how far a run is and what it has learnt; run as a fragment."""
    live = before[run.name][0] in LIVE
    if live:
        follow(root, before)
    first = next((name for name, (state, _) in before.items() if state == "running"), None)
    try:
        status, lines = run.status(), _metrics(run, _stamp(run.directory / METRICS_FILE))
        progress(status, lines, first)
        if live and first is not None:
            _quiet(Run(root / first))
        stamp = _stamp(run.directory / PICTURES_FILE)
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
    except UserError as error:
        say(error)
    except (KeyError, IndexError, ValueError):
        st.error(f"The pictures or codes by epoch of {run.name} are not whole.")


def describe(config: RunConfig) -> str:
    """Say in one line what a run was asked to do; of options, those that its family reads."""
    spec = known_spec(config.data.dataset)
    data, model, train = config.data, config.model, config.train
    family = check_family(model.family)
    parts = [family.title, spec.title if spec else data.dataset]
    if data.classes is not None:
        names = spec.class_names if spec else ()
        kept = [names[k] if k < len(names) else str(k) for k in data.classes]
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

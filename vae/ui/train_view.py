"""The Train page's view of a run as it learns: progress, losses, pictures, the map of codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from vae import figures, jobs, runs
from vae.config import (
    RunConfig,
)
from vae.data import DATASETS
from vae.data import status as data_status
from vae.errors import UserError
from vae.pictures import png_bytes, tile
from vae.runs import PICTURES_FILE, Run, Status
from vae.train import fixed_indices
from vae.ui import loaders

Levels = NDArray[np.uint8]
Places = tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]

LIVE = ("queued", "running")
STATE_WORDS: dict[str, tuple[str, str]] = {
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


def say(error: UserError) -> None:
    """Show a user's error as a sentence."""
    st.error(str(error), icon=":material/error:")


def states(root: Path) -> dict[str, Status]:
    """Return the status of each run, own ones first, the newest at their head."""
    found = runs.list_runs(root)
    ordered = [run for run in found if not run.config.shipped]
    ordered += [run for run in found if run.config.shipped]
    return {run.name: run.status() for run in ordered}


def follow(root: Path, before: Mapping[str, str]) -> None:
    """See to the queue, and show the whole page anew where a run's state has changed."""
    try:
        jobs.tend(root)
        now = {name: status.state for name, status in states(root).items()}
    except UserError:
        return
    if now != before:
        st.rerun()


@st.cache_data(max_entries=8, show_spinner=False)
def _originals(name: str) -> tuple[Levels, Levels]:
    data = loaders.dataset(name)
    train, test = (
        np.asarray(split.images[fixed_indices(split.labels)].numpy(), dtype=np.uint8)
        for split in (data.train, data.test)
    )
    return train, test


def originals(name: str) -> tuple[Levels, Levels] | None:
    """Return the ten training and ten test images that a run shows, if they are here."""
    try:
        return _originals(name) if data_status(name).state == "ready" else None
    except UserError:
        return None


def strip(*rows: Levels) -> bytes:
    """Join rows of images ``(n, C, H, W)`` into one PNG, enlarged by whole pixels."""
    images = np.stack(rows)
    factor = max(1, _PICTURE_SIDE // images.shape[-1])
    large = images.repeat(factor, axis=-2).repeat(factor, axis=-1)
    edge = ((0, 0), (0, 0), (0, 0), (1, 1), (1, 1))
    return png_bytes(tile(np.pad(large, edge, constant_values=_EDGE)))


def time_left(seconds: float) -> str:
    """Say how long a training still takes."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    return (
        f"about {round(seconds / 60)} min left"
        if seconds < 5400
        else f"about {seconds / 3600:.1f} h left"
    )


def progress(status: Status, lines: list[dict[str, Any]]) -> None:
    """Show in words and as a bar how far a run is."""
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
    elif status.state == "queued":
        text += " · waiting for its turn: it starts by itself"
    else:
        text += f" · {STATE_WORDS[status.state][0]}"
    st.progress(share, text=text)


def _terms(lines: list[dict[str, Any]], split: str) -> NDArray[np.float64]:
    rows = [[line[split][term] for term in ("loss", "recon_loss", "kl")] for line in lines]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def loss_chart(run: Run, lines: list[dict[str, Any]]) -> None:
    """Show the loss curves: of epochs, or of steps as long as there is no whole epoch."""
    epochs = [line for line in lines if line["kind"] == "epoch"]
    steps = [] if epochs else lines
    at = np.array([float(line["epoch"]) for line in epochs])
    step_at = np.array(
        [line["epoch"] - 1 + line["step"] / line["steps_per_epoch"] for line in steps]
    )
    train_at, train = (at, _terms(epochs, "train")) if epochs else (step_at, _terms(steps, "train"))
    st.plotly_chart(
        figures.loss_curves(train_at, train, at, _terms(epochs, "test")),
        key=f"loss-{run.name}",
        config={"displayModeBar": False},
        alt="Total loss, reconstruction loss and KL of training and test images by epoch, in nats",
    )


def _nearest(epochs: NDArray[Any], epoch: int) -> int:
    return int(np.abs(np.asarray(epochs, dtype=np.int64) - epoch).argmin())


def code_chart(run: Run, epoch: int) -> None:
    """Show the codes of the test images after an epoch, where they have two dimensions."""
    arrays = run.codes()
    history = cast(NDArray[np.float16], arrays.get("history", np.empty((0, 0, 2))))
    if not len(history):
        return
    index = _nearest(arrays["epochs"], epoch)
    spec = DATASETS.get(run.config.data.dataset)
    st.plotly_chart(
        figures.code_map(
            history[index],
            cast(NDArray[np.int16], arrays["label"][: history.shape[1]]),
            spec.class_names if spec else (),
            extent=figures.code_extent(history),
        ),
        key=f"codes-{run.name}",
        config={"displayModeBar": False},
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


def picture_rows(run: Run, arrays: dict[str, Any], epoch: int, places: Places) -> None:
    """Show originals over reconstructions, and samples of the prior, each in its place."""
    index = _nearest(arrays["epochs"], epoch)
    found = originals(run.config.data.dataset)
    for place, split, title, images in (
        (places[0], "test_recon", "Test images", found[1] if found else None),
        (places[1], "train_recon", "Training images", found[0] if found else None),
    ):
        recon = arrays[split][index]
        both = images is not None and images.shape == recon.shape
        words = "above, their reconstructions below" if both else "as reconstructed"
        caption = f"{title} {words}, after epoch {epoch}"
        rows = (images, recon) if both and images is not None else (recon,)
        place.image(strip(*rows), width="stretch", caption=caption, alt=caption)
    caption = f"Samples of the prior, after epoch {epoch}"
    samples = strip(arrays["samples"][index])
    places[2].image(samples, width="stretch", caption=caption, alt=caption)


def view(run: Run, root: Path, before: Mapping[str, str]) -> None:
    """Show how far a run is and what it has learnt; run as a fragment."""
    live = before[run.name] in LIVE
    if live:
        follow(root, before)
    try:
        status, lines = run.status(), run.metrics()
        progress(status, lines)
        has_pictures = (run.directory / PICTURES_FILE).exists()
        if not lines and not has_pictures:
            st.caption("The first figures come within the first epoch.")
            return
        arrays = run.pictures() if has_pictures else {}
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
            picture_rows(run, arrays, epoch, (left, right, left) if flat else (right,) * 3)
    except UserError as error:
        say(error)
    except (KeyError, IndexError, ValueError):
        st.error(f"The pictures or codes by epoch of {run.name} are not whole.")


def describe(config: RunConfig) -> str:
    """Say in one line what a run was asked to do."""
    spec = DATASETS.get(config.data.dataset)
    model, train = config.model, config.train
    hidden = ",".join(map(str, model.hidden))
    return (
        f"{spec.title if spec else config.data.dataset} · {model.arch} {hidden} · "
        f"d = {model.latent_dim} · beta = {model.beta:g} · L = {train.samples} · "
        f"batch {train.batch_size} · learning rate {train.lr:g} · seed {train.seed}"
    )

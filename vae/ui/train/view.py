"""The live panel of the Train page: progress, loss, map and pictures of a run as it learns."""

import contextlib
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import streamlit as st

from vae.locale import _
from vae.runs import METRICS_FILE, PICTURES_FILE, STATUS_FILE, Run
from vae.storage.files import Arrays
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.run.grids import epoch_grids
from vae.ui.shared.run.pictures import choose_epoch, picture_rows
from vae.ui.shared.run.progress import progress
from vae.ui.shared.run.state import LIVE, RunPhase, see_to, waits
from vae.ui.shared.show import show_warning
from vae.ui.shared.take_away import takeable
from vae.ui.shared.watch import watch
from vae.ui.train.live import epoch_map, has_map, live_map, live_of, loss_chart

_QUIET_S = 300.0
"""A run that reports nothing for so long may hang; one that is slow reports ten times an epoch."""


def _quiet(run: Run) -> None:
    """Say that a running run has reported nothing for long."""
    times = []
    for name in (METRICS_FILE, STATUS_FILE):
        with contextlib.suppress(OSError):
            times.append((run.directory / name).stat().st_mtime)
    silent = time.time() - max(times, default=time.time())
    if silent > _QUIET_S:
        show_warning(
            _(
                "{run} has reported nothing for {minutes} min. If it hangs, stop it: choose it in "
                "the list and press Stop."
            ).format(run=run.name, minutes=round(silent / 60))
        )


@st.cache_resource(max_entries=4, show_spinner=False)
def _pictures(_run: Run, stamp: str) -> Arrays:
    return _run.pictures()


@errors_shown()
def view(run: Run, root: Path, before: Mapping[str, RunPhase]) -> None:
    """Show how far a run is and what it has learnt; run as a fragment."""
    is_live = before[run.name][0] in LIVE
    if is_live:
        watch("queue", f"run:{run.name}", key="live")
        see_to(root, before, run.name)
    first = next((name for name, (state, _phase) in before.items() if state == "running"), None)
    try:
        status, lines = run.status(), loaders.metrics(run)
        progress(status, lines, waits(root).get(run.name))
        if is_live and first is not None:
            _quiet(Run(root / first))
        if is_live and live_of(run) is not None:
            _now(run, lines)
        else:
            _kept(run, lines, is_live=is_live)
    except (KeyError, IndexError, ValueError):
        show_error(_("The pictures or codes by epoch of {run} are not whole.").format(run=run.name))


def _now(run: Run, lines: list[dict[str, object]]) -> None:
    """Show a run at this moment."""
    live = live_of(run)
    if live is None:
        return
    left, right = st.columns(2)
    with left:
        if lines:
            loss_chart(run, lines)
        else:
            st.caption(_("The network is as it was drawn: nothing is learnt yet."))
    with right:
        if has_map(run):
            live_map(run, live)
    arrays = {
        "epochs": np.array([live.epoch]),
        "test_recon": live.test_recon[None],
        "train_recon": live.train_recon[None],
        "samples": live.samples[None],
    }
    picture_rows(run, arrays, live.at, (left, right, left) if has_map(run) else (right,) * 3)


def _kept(run: Run, lines: list[dict[str, object]], *, is_live: bool) -> None:
    """Show a run after an epoch that was kept, to be chosen."""
    stamp = loaders.stamp(run.directory / PICTURES_FILE)
    if not lines and not stamp:
        if is_live:
            st.caption(_("The first figures come within the first epoch."))
        return
    arrays = _pictures(run, stamp) if stamp else {}
    epoch = 0
    if arrays:
        epoch = choose_epoch(run, [int(e) for e in arrays["epochs"]], live=is_live)
    with nullcontext() if is_live else takeable(f"training-{run.name}"):
        left, right = st.columns(2)
        with left:
            loss_chart(run, lines)
        with right:
            if arrays and has_map(run):
                epoch_map(run, epoch)
        if arrays:
            # Where there is no map, its column is free for the pictures.
            places = (left, right, left) if has_map(run) else (right,) * 3
            picture_rows(run, arrays, epoch, places, stamp=stamp)
    if arrays and not is_live:
        epoch_grids(run, arrays, stamp)

"""How far a run is, in words and as a bar."""

from typing import Any

import numpy as np
import streamlit as st

from vae.locale import _
from vae.locale.numbers import duration
from vae.runs import Status
from vae.runs.progress import epochs_at, time_left
from vae.runs.turns import Wait
from vae.ui.shared.run.state import STATE_WORDS, shown_state


def progress(status: Status, lines: list[dict[str, Any]], wait: Wait | None = None) -> None:
    """Show in words and as a bar how far a run is; ``wait`` tells its place in the queue."""
    epochs = max(1, status.epochs)
    done, seconds = float(status.epoch), 0.0
    if lines:
        done, seconds = epochs_at(lines[-1]), float(lines[-1]["seconds"])
    if status.state == "done":
        words = _("Finished: {n} epochs in {time} of training.")
        st.progress(1.0, text=words.format(n=status.epochs, time=duration(seconds)))
        return
    share = min(1.0, done / epochs)
    text = _("Epoch {n} of {all}").format(n=int(min(epochs, np.ceil(done))), all=epochs)
    if status.state == "running":
        text += (
            f" · {time_left(seconds * (1 - share) / share)}" if share else " · " + _("starting …")
        )
    elif shown_state(status) == "queued":
        if wait is None:
            text += " · " + _("waiting for its turn: it starts by itself")
        else:
            text += " · " + _("waiting, place {n} in the queue").format(n=wait.place)
            text += f" · {time_left(wait.seconds)}" if wait.seconds is not None else ""
    else:
        text += f" · {_(STATE_WORDS[shown_state(status)][0])}"
    st.progress(share, text=text)

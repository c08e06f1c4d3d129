"""How far a run is, in words and as a bar."""

from typing import Any

import numpy as np
import streamlit as st

from vae.runs import Status
from vae.runs.progress import epochs_at, time_left
from vae.ui.shared.run.state import STATE_WORDS, shown_state


def progress(status: Status, lines: list[dict[str, Any]], first: str | None = None) -> None:
    """Show in words and as a bar how far a run is; ``first`` is the run that it waits for."""
    epochs = max(1, status.epochs)
    done, seconds = float(status.epoch), 0.0
    if lines:
        done, seconds = epochs_at(lines[-1]), float(lines[-1]["seconds"])
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

"""Offer to get a data set that is not on this machine."""

import streamlit as st

from vae.data import get, known_spec, status
from vae.errors import UserError
from vae.ui.shared.errors import show_error
from vae.ui.shared.show import show_note, show_warning

MEGA = 1_000_000


def offer(name: str) -> None:
    """Say that a data set is missing, with a button that downloads it and shows how far it is."""
    spec = known_spec(name)
    if spec is None:
        show_note(
            f"The images of **{name}** are not on this machine (any more), and are nowhere to be "
            "got from: somebody's own images, which were removed."
        )
        return
    found = status(name)
    if found.state == "ready":
        return
    if spec.remote is None:
        show_warning(found.message)
        return
    title = spec.title
    with st.container(border=True):
        st.write(
            f"The images of **{title}** are not on this machine: without them a model cannot be "
            "trained on them, and only reconstructions can be shown, no originals."
        )
        if found.state == "damaged":
            show_warning(found.message)
        if not st.button(f"Get {title}", icon=":material/download:", key=f"get-{name}"):
            return
        bar = st.progress(0.0, text=f"Getting {title} …")

        def on_progress(done: int, total: int) -> None:
            share = min(1.0, done / total) if total else 0.0
            bar.progress(share, text=f"{done / MEGA:.1f} of {total / MEGA:.1f} MB")

        try:
            get(name, progress=on_progress)
        except UserError as error:
            bar.empty()
            show_error(error)
            return
    st.rerun()

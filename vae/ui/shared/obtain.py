"""Offer to get a data set that is not on this machine."""

import streamlit as st

from vae.data import get, known_spec, status
from vae.errors import UserError
from vae.locale import _
from vae.locale.numbers import formatted
from vae.ui.shared.errors import show_error
from vae.ui.shared.show import show_note, show_warning

MEGA = 1_000_000


def offer(name: str) -> None:
    """Say that a data set is missing, with a button that downloads it and shows how far it is."""
    spec = known_spec(name)
    if spec is None:
        show_note(
            _(
                "The images of **{name}** are not on this machine (any more), and are "
                "nowhere to be got from: somebody's own images, which were removed."
            ).format(name=name)
        )
        return
    found = status(name)
    if found.state == "ready":
        return
    if spec.remote is None:
        show_warning(found.message)
        return
    title = _(spec.title)
    with st.container(border=True):
        st.write(
            _(
                "The images of **{title}** are not on this machine: without them a model "
                "cannot be trained on them, and only reconstructions can be shown, no "
                "originals."
            ).format(title=title)
        )
        if found.state == "damaged":
            show_warning(found.message)
        if not st.button(
            _("Get {title}").format(title=title), icon=":material/download:", key=f"get-{name}"
        ):
            return
        bar = st.progress(0.0, text=_("Getting {title} …").format(title=title))

        def on_progress(done: int, total: int) -> None:
            share = min(1.0, done / total) if total else 0.0
            bar.progress(
                share,
                text=_("{done} of {total} MB").format(
                    done=formatted(done / MEGA, ".1f"), total=formatted(total / MEGA, ".1f")
                ),
            )

        try:
            get(name, progress=on_progress)
        except UserError as error:
            bar.empty()
            show_error(error)
            return
    st.rerun()

"""A part of a page that is shown anew when there is something new: no timer of its own."""

import streamlit as st

from vae.runs.watch import digest
from vae.ui.shared.component import Component
from vae.ui.shared.loaders import runs_root

_component = Component("watch", "lib/watch.js", ("changed",))


def watch(*topics: str, key: str) -> None:
    """Show the fragment that this stands in anew when something about the topics changes.

    Topics are those of :func:`vae.runs.watch.digest`. Call it before what it is about is read: what
    changes from then on is told.
    """
    data = {"topics": list(topics), "known": digest(runs_root(), topics)}
    with st.container(key=f"watch-{key}"):
        _component(key=f"watching-{key}", data=data)

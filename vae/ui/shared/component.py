"""The JavaScript components of the pages, which Streamlit serves as files of this package.

``pyproject.toml`` declares them. Streamlit reads that file only for distributions that are
installed, so the explorer is installed in place: ``-e .`` in ``requirements.txt``.
"""

import functools
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager

from vae.locale import _, language


def _full_name(name: str) -> str:
    return f"vae.{name}"


def stop_unless_installed(name: str = "map") -> None:
    """Show one sentence and end the page where Streamlit does not know a component's folder."""
    if get_bidi_component_manager().get_component_asset_root(_full_name(name)) is None:
        st.error(
            _(
                "The explorer is not installed in this Python: run "
                "`pip install -r requirements.txt` in its folder, then start it again."
            ),
            icon=":material/error:",
        )
        st.stop()


class Component:
    """A component that ``pyproject.toml`` declares; call it in a page to show it there.

    ``script`` is its module under ``vae/ui/component``, which brings its own HTML and CSS: what is
    sent with the data would be sent again whenever they change. ``states`` are those that it
    reports; without a callback they would not be.
    """

    def __init__(self, name: str, script: str, states: tuple[str, ...] = ()) -> None:
        self._name = name
        self._script = script
        self._callbacks: dict[str, Any] = {f"on_{state}_change": _nothing for state in states}

    @functools.cached_property
    def _show(self) -> Any:
        # Not at import: only the server, once it runs, knows the folders of components.
        stop_unless_installed(self._name)
        return st.components.v2.component(_full_name(self._name), js=self._script)

    def __call__(self, *, key: str, data: Any, **callbacks: Any) -> Any:
        """Show it; return its state."""
        if isinstance(data, dict) and language() != "en":
            data = {**data, "language": language()}
        given = {name: callback for name, callback in callbacks.items() if callback is not None}
        return self._show(key=key, data=data, **{**self._callbacks, **given})


def _nothing() -> None:
    """Stand in for a callback."""

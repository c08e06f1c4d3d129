"""What every page offers beside its own: its link, larger type for a projector, the language."""

import streamlit as st

from vae.locale import LANGUAGES, language
from vae.people import acting
from vae.ui.shared.component import Component
from vae.ui.shared.language import choose_language
from vae.ui.shared.people import TOKEN, take_key, take_token

PROJECTOR = "projector"
"""Name in the address, and in the session."""
_KEY = "toolbar"
_SECRETS = ("person", "teacher")
"""What the visitor's browser keeps, and tells the session when it begins."""
_toolbar = Component(_KEY, "toolbar/main.js", (PROJECTOR, "language", *_SECRETS))


def begin_projector() -> None:
    """Keep in the address whether a projector shows the page: its link says so as well."""
    if PROJECTOR in st.query_params:
        st.session_state[PROJECTOR] = st.query_params[PROJECTOR] == "1"
    if st.session_state.get(PROJECTOR):
        st.query_params[PROJECTOR] = "1"
    else:
        st.query_params.pop(PROJECTOR, None)


def _project() -> None:
    is_on = bool(st.session_state[_KEY].get(PROJECTOR))
    st.session_state[PROJECTOR] = is_on
    st.query_params[PROJECTOR] = str(int(is_on))


def _speak() -> None:
    choose_language(str(st.session_state[_KEY].get("language")))


def _know() -> None:
    take_token(st.session_state[_KEY].get("person"))


def _teach() -> None:
    take_key(st.session_state[_KEY].get("teacher"))


def toolbar() -> None:
    """Show the toolbar, in the frame of the page."""
    with st.container(key="toolbar-frame"):
        _toolbar(
            key=_KEY,
            data={
                PROJECTOR: bool(st.session_state.get(PROJECTOR)),
                "languages": LANGUAGES,
                "spoken": language(),
                # The browser keeps it, unless it has one of an earlier visit.
                "person": st.session_state.get(TOKEN, ""),
                "teaches": acting().is_teacher,
            },
            on_person_change=_know,
            on_teacher_change=_teach,
            on_projector_change=_project,
            on_language_change=_speak,
        )

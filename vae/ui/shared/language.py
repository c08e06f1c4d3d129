"""The language of a session: chosen on the page or by a link, else the browser's."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.locale import ask_for_language, known, speak

ADDRESS = "lang"
"""Name in the address."""
_CHOSEN = "language"
"""Session key: what was chosen, here or by a link."""


def _of_session() -> str | None:
    """Return the language of whoever is shown the page; None outside of one."""
    if get_script_run_ctx() is None:
        return None
    return st.session_state.get(_CHOSEN) or known(st.context.locale) or "en"


def begin_language() -> None:
    """Speak the session's language in this answer; keep one that was chosen in the address."""
    asked = known(st.query_params.get(ADDRESS))
    if asked is not None:
        st.session_state[_CHOSEN] = asked
    chosen = st.session_state.get(_CHOSEN)
    if chosen is not None:
        st.query_params[ADDRESS] = chosen
    elif ADDRESS in st.query_params:
        del st.query_params[ADDRESS]
    ask_for_language(_of_session)
    speak(_of_session() or "en")


def choose_language(code: str) -> None:
    """Let the session speak a language from its next answer on."""
    if known(code):
        st.session_state[_CHOSEN] = st.query_params[ADDRESS] = code

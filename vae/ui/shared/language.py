"""The language of a session: chosen on the page or by a link, else the browser's."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.locale import LANGUAGES, ask_for_language, known, language, speak

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


def _choose(key: str) -> None:
    st.session_state[_CHOSEN] = st.query_params[ADDRESS] = st.session_state[key]


def language_switch() -> None:
    """Show the choice of the language."""
    key = "language-switch"
    st.session_state[key] = language()
    st.segmented_control(
        "Language / Langue",
        list(LANGUAGES),
        format_func=str.upper,
        required=True,
        label_visibility="collapsed",
        key=key,
        on_change=_choose,
        args=(key,),
    )

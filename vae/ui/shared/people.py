"""Who visits: known by a secret that the browser keeps, by a login, or as the teacher."""

import os

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.people import Person, ask_who
from vae.people.person import digest, new_token
from vae.people.teacher import teacher_key, tries

TOKEN = "person-token"
"""Session key: the visitor's secret."""
_EARLIER = "person-earlier"
"""Session key: the secret that the session had before the browser told its own."""
_TEACHER = "teacher-given"
"""Session key: whether the teacher's key was given."""
_PERSON = "person"
USER_HEADER = "VAE_USER_HEADER"
"""Variable: the header in which a proxy or a hub names the user, such as ``X-Forwarded-User``. Set
it only where visitors cannot reach the server but through that proxy."""
_LONGEST = 200
_FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host")
_HERE = ("localhost", "127.0.0.1", "[::1]")


def begin_person() -> None:
    """Let the core know who acts; called by every page."""
    ask_who(visitor)
    st.session_state[_PERSON] = _person()


def take_token(given: object) -> None:
    """Take the secret that the visitor's browser has kept."""
    token = st.session_state.get(TOKEN)
    if isinstance(given, str) and 16 <= len(given) <= _LONGEST and given != token:
        st.session_state[_EARLIER] = token
        st.session_state[TOKEN] = given
        begin_person()


def _key() -> str:
    try:
        return teacher_key(str(st.secrets.get("teacher_key", "")))
    except (FileNotFoundError, OSError):  # There are no secrets.
        return teacher_key()


def take_key(given: object) -> bool:
    """Take a key for the teacher's; return whether it is."""
    is_right = isinstance(given, str) and tries.is_right(given[:_LONGEST], _key())
    if is_right:
        st.session_state[_TEACHER] = True
        begin_person()
    return is_right


def is_own_machine() -> bool:
    """Whether the browser runs on the server's machine, and no proxy stands in between."""
    headers = st.context.headers
    host = headers.get("Host") or "localhost"
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    is_direct = st.context.ip_address is None and not any(name in headers for name in _FORWARDED)
    return is_direct and name in _HERE


def _login() -> tuple[str, str]:
    """Return who a login says this is, and their name; empty for nobody."""
    header = os.environ.get(USER_HEADER, "")
    found = (st.context.headers.get(header) if header else "") or ""
    if found:
        return f"header:{found[:_LONGEST]}", found[:60]
    user = st.user
    if getattr(user, "is_logged_in", False):
        about = str(getattr(user, "sub", "") or getattr(user, "email", ""))
        return (f"login:{about}", str(getattr(user, "name", "") or about)) if about else ("", "")
    return "", ""


def visitor() -> Person | None:
    """Return who is shown the page; None outside of one."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return st.session_state.get(_PERSON) or _person()


def _person() -> Person:
    state = st.session_state
    if not _key() and is_own_machine():
        return Person("", is_teacher=True)
    login, name = _login()
    token = state.setdefault(TOKEN, new_token())
    earlier = state.get(_EARLIER)
    also = {digest(token), *([digest(earlier)] if earlier else [])}
    owner = digest(login) if login else digest(token)
    return Person(owner, bool(state.get(_TEACHER)), name, frozenset(also))

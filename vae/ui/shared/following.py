"""Follow me: everybody's page goes where the teacher's is, until they let go."""

from pathlib import Path

import streamlit as st

from vae.locale import _
from vae.people import acting
from vae.people.classroom import Followed, classroom, set_classroom
from vae.ui.shared import loaders
from vae.ui.shared.navigation import HOME, entries
from vae.ui.shared.watch import watch

_LET_GO = "follow-let-go"
"""Session key: what is followed no more; the teacher's next "Follow me" takes up everybody."""
_AT = "follow-at"
"""Session key: where the teacher was when this session went there last."""
_TURN = "follow-turn"
_OWN = ("lang", "projector", "hide")
"""What in an address is each one's own affair."""
_NOT_LED = "teach"


def is_leading(root: Path) -> bool:
    """Whether the class follows the teacher."""
    return classroom(root).follows is not None


def lead(root: Path, is_on: bool) -> None:
    """Begin or end to let the class follow; raises RunError from anybody but the teacher."""
    begun = Followed(page="", query={}) if is_on else None
    set_classroom(root, follows=None if begun is None else begun.model_dump())


def end_page(page: str) -> None:
    """Let others follow, or follow: called for every page, below it."""
    if acting().is_teacher:
        show_place(page)
    else:
        follow_teacher()


def show_place(page: str) -> None:
    """Let the class know where the teacher is, if it follows: at the end of the teacher's pages."""
    root = loaders.runs_root()
    if page == _NOT_LED or not acting().is_teacher or not is_leading(root):
        return
    query = {name: value for name, value in st.query_params.items() if name not in _OWN}
    now = Followed(page=page, query={name: value[:2000] for name, value in query.items()})
    if classroom(root).follows != now:
        set_classroom(root, follows=now.model_dump())


def _follow() -> None:
    st.session_state.pop(_LET_GO, None)
    st.session_state.pop(_AT, None)


def _let_go() -> None:
    st.session_state[_LET_GO] = True


def followed_turn() -> str:
    """Return what changes whenever this session goes where the teacher is; empty before."""
    turn = st.session_state.get(_TURN)
    return "" if turn is None else f"-{turn}"


@st.fragment
def follow_teacher() -> None:
    """Go where the teacher is; shown by every page of everybody else."""
    root = loaders.runs_root()
    watch("class", key="class")
    room = classroom(root)
    if room.follows is None:
        st.session_state.pop(_LET_GO, None)
        return
    if not room.follows.page:
        return
    if st.session_state.get(_LET_GO):
        with st.container(horizontal=True, key="follow-bar"):
            st.caption(_("The class follows the teacher."))
            st.button(_("Follow again"), key="follow-again", on_click=_follow)
        return
    with st.container(horizontal=True, key="follow-bar"):
        st.caption(_("Your page follows the teacher's."))
        st.button(_("Let go"), key="follow-let-go-button", on_click=_let_go)
    if st.session_state.get(_AT) != room.follows:
        st.session_state[_AT] = room.follows
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        known = {entry.name for entry in entries()} | {HOME.name}
        if room.follows.page in known:
            own = {name: st.query_params[name] for name in _OWN if name in st.query_params}
            st.switch_page(
                f"pages/{room.follows.page}.py", query_params={**room.follows.query, **own}
            )

"""The teacher's page: what runs, how the class gets here, what it may do, and all put back."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import segno
import streamlit as st

from vae.locale import _
from vae.people import acting, limits
from vae.people.classroom import Classroom, classroom, set_classroom
from vae.people.limits import LIMITS, default_of
from vae.runs.room import LOCKABLE, put_back
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.following import is_leading, lead
from vae.ui.shared.navigation import HOME, entries
from vae.ui.shared.people import take_key
from vae.ui.shared.show import show_note, show_warning
from vae.ui.teach.jobs import jobs

HIDE = "hide"
"""Name in the address: the parts of a page that a link leaves out."""
_TRAIN = "train-settings"


def ask_for_key() -> None:
    """Let somebody say that they are the teacher."""
    show_note(
        _(
            "This page is the teacher's. On the computer that runs the explorer it opens by "
            "itself, unless a key is set; from elsewhere give the key: it is the variable "
            "`VAE_TEACHER_KEY` of the server, and `make class` prints it."
        )
    )
    given = st.text_input(_("Key"), type="password", key="teach-key")
    if st.button(_("Open"), type="primary") and given:
        if take_key(given):
            st.rerun()
        show_warning(_("This is not the key, or wrong ones were tried too often: wait a minute."))


@errors_shown()
def view() -> None:
    """Show all of it."""
    root = loaders.runs_root()
    room = classroom(root)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        st.subheader(_("At work"), anchor=False)
        jobs(root)
        _follow_me(root)
        _locks(root, room)
    with right:
        _link()
        _limits(root, room)
        _reset(root)


def _follow_me(root: Path) -> None:
    st.subheader(_("Follow me"), anchor=False)
    st.write(
        _(
            "While it is on, everybody's page follows yours: the page, the model, and the place "
            "on the map whenever you let go of it. Each can let go."
        )
    )
    label = _("Let the class follow me")
    if st.toggle(label, is_leading(root), key="teach-follow") != is_leading(root):
        lead(root, not is_leading(root))
        st.rerun()


def _link() -> None:
    st.subheader(_("A link for the class"), anchor=False)
    here = urlsplit(str(st.context.url or "http://localhost:8501"))
    base = urlunsplit((here.scheme, here.netloc, here.path.rsplit("/", 1)[0] + "/", "", ""))
    typed = st.text_input(
        _("Address"),
        base,
        key="teach-link",
        help=_("Paste what “Copy link” gave on a page: the model and the place come with it."),
    )
    parts = {"nav": _("without the navigation"), "tools": _("without the choice of the model")}
    hidden = st.pills(
        _("Left out"),
        list(parts),
        format_func=parts.__getitem__,
        selection_mode="multi",
        key="teach-hide",
    )
    link = typed.strip()[:2000]
    if hidden:
        link += ("&" if "?" in link else "?") + f"{HIDE}={','.join(hidden)}"
    st.code(link, language=None, wrap_lines=True)
    drawn = io.BytesIO()
    segno.make(link or base).save(drawn, kind="png", scale=6, border=2)
    st.image(drawn.getvalue(), width=220, alt=_("QR code of the link"))
    if here.hostname in ("localhost", "127.0.0.1"):
        st.write(
            _("Only this computer reaches this address: start with `make class` to let others in.")
        )


def _limits(root: Path, room: Classroom) -> None:
    st.subheader(_("Limits of a visitor"), anchor=False)
    now, wanted = limits(room.limits), dict[str, int]()
    for name, limit in LIMITS.items():
        value = st.number_input(
            _(limit.words),
            min_value=0,
            value=now[name],
            step=1,
            key=f"teach-limit-{name}",
            help=_("0: no limit. Variable {name}.").format(name=limit.variable),
        )
        wanted[name] = int(value)
    changed = {name: value for name, value in wanted.items() if value != default_of(name)}
    if st.button(_("Set limits"), key="teach-set-limits", disabled=changed == room.limits):
        set_classroom(root, limits=changed)
        st.rerun()


def _locks(root: Path, room: Classroom) -> None:
    st.subheader(_("Pages and settings"), anchor=False)
    titles = {entry.name: _(entry.title) for entry in entries() if entry is not HOME}
    hidden = st.multiselect(
        _("Pages that the class does not see"),
        list(titles),
        [name for name in room.hidden if name in titles],
        format_func=titles.__getitem__,
        key="teach-hidden",
    )
    held: dict[str, Any] = st.session_state.get(_TRAIN, {})
    names = [name for name in LOCKABLE if name in held or name in room.locked]
    locked = st.multiselect(
        _("Settings of Train that the class cannot change"),
        names,
        [name for name in room.locked if name in names],
        key="teach-locked",
        help=_("Each is fixed to what your own page Train holds now: set it there first."),
        placeholder=_("None") if names else _("Open the page Train first"),
    )
    values = {name: held.get(name, room.locked.get(name)) for name in locked}
    if values:
        st.caption(", ".join(f"{name} = {value}" for name, value in values.items()))
    is_new = tuple(hidden) != room.hidden or values != room.locked
    if st.button(_("Set for the class"), key="teach-set", disabled=not is_new):
        set_classroom(root, hidden=tuple(hidden), locked=values)
        st.rerun()


def _reset(root: Path) -> None:
    st.subheader(_("Put everything back"), anchor=False)
    st.write(
        _(
            "For the next class: ends all work, deletes the runs and studies that visitors have "
            "made, and lifts what is set here. What was made on this computer itself stays."
        )
    )
    sure = st.checkbox(_("Delete what visitors have made"), key="teach-sure")
    if st.button(_("Put everything back"), disabled=not sure, key="teach-reset"):
        left = put_back(root)
        if left:
            show_warning(
                _("These still stop, and can go in a moment: {names}.").format(
                    names=", ".join(left)
                )
            )
        else:
            st.success(_("All is as it was."), icon=":material/check:")


def page() -> None:
    """Show the page, or the way to it."""
    st.title(_("Class"), anchor=False)
    if acting().is_teacher:
        view()
    else:
        ask_for_key()

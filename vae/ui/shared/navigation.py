"""THE list of the pages, in the sections of the navigation; an old path leads to a new page."""

from collections.abc import Collection
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from vae.locale import N_, _
from vae.people import Person, acting
from vae.people.classroom import classroom
from vae.ui.shared import loaders


class Entry(NamedTuple):
    """A page as the navigation shows it."""

    name: str
    """Of its file and path."""
    title: str
    icon: str
    is_hidden: bool = False
    """Whether only links lead there."""
    is_teachers: bool = False
    """Whether the navigation shows it to the teacher alone."""


HOME = Entry("home", N_("Home"), ":material/home:")
SECTIONS: dict[str, tuple[Entry, ...]] = {
    N_("Explore"): (
        Entry("explore", N_("Latent map"), ":material/explore:"),
        Entry("draw", N_("Draw"), ":material/draw:"),
        Entry("generate", N_("Generate"), ":material/auto_awesome:"),
        Entry("embeddings", N_("Embeddings"), ":material/scatter_plot:"),
        Entry("reconstructions", N_("Reconstructions"), ":material/flip:"),
    ),
    N_("Train"): (
        Entry("train", N_("Train"), ":material/model_training:"),
        Entry("models", N_("Models"), ":material/table_view:"),
        Entry("teach", N_("Class"), ":material/groups:", is_teachers=True),
        Entry("sheet", N_("Laboratory sheet"), ":material/menu_book:"),
        Entry("evaluate", N_("Evaluate"), ":material/straighten:", is_hidden=True),
    ),
    N_("Compare"): (
        Entry("compare", N_("Side by side"), ":material/compare:"),
        Entry("studies", N_("Studies"), ":material/science:"),
        Entry("grow", N_("Growing encoder"), ":material/account_tree:"),
    ),
    N_("Applications"): (
        Entry("denoise", N_("Denoise"), ":material/blur_off:"),
        Entry("detect", N_("Detect"), ":material/troubleshoot:"),
    ),
}


def entries() -> list[Entry]:
    """Return all pages in their order."""
    return [HOME, *(entry for section in SECTIONS.values() for entry in section)]


def seen_by(person: Person, hidden: Collection[str]) -> list[str]:
    """Return the names of the pages that somebody can open; ``hidden`` are the teacher's alone."""
    return [entry.name for entry in entries() if person.is_teacher or entry.name not in hidden]


def _page(entry: Entry) -> StreamlitPage:
    is_home = entry is HOME
    is_hidden = entry.is_hidden or (entry.is_teachers and not acting().is_teacher)
    return st.Page(
        f"pages/{entry.name}.py",
        title=_(entry.title),
        icon=entry.icon,
        url_path=None if is_home else entry.name,
        default=is_home,
        visibility="hidden" if is_hidden else "visible",
    )


def navigation() -> StreamlitPage:
    """Show the navigation; return the page that was asked for."""
    seen = seen_by(acting(), classroom(loaders.runs_root()).hidden)
    pages = {"": [_page(HOME)]}
    for title, section in SECTIONS.items():
        shown = [_page(entry) for entry in section if entry.name in seen]
        if shown:
            pages[_(title)] = shown
    return st.navigation(pages, position="top")

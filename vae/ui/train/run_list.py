"""The runs that were trained here, in the page Train's list."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from vae import runs
from vae.locale import _
from vae.people.owners import is_mine
from vae.runs import Run, Status
from vae.ui.shared.run.state import STATE_WORDS, shown_state


def run_list(
    root: Path, states: dict[str, Status], chosen: Run | None, look_at: Callable[[str], None]
) -> None:
    """List the runs trained here with their states; call ``look_at`` when one is pressed."""
    found = {
        name: status
        for name, status in states.items()
        if not runs.open_run(name, root).config.shipped
    }
    own = {name: status for name, status in found.items() if is_mine(root / name)}
    others = {name: status for name, status in found.items() if name not in own}
    _listed(_("Your runs"), own, chosen, look_at)
    _listed(_("Runs of others"), others, chosen, look_at)
    if found:
        st.page_link("pages/models.py", label=_("All models"), icon=":material/table_view:")


def _listed(
    heading: str, found: dict[str, Status], chosen: Run | None, look_at: Callable[[str], None]
) -> None:
    if not found:
        return
    st.subheader(heading, anchor=False)
    with st.container(height=220 if len(found) > 4 else "content", gap=None):
        for name, status in found.items():
            words, icon = STATE_WORDS[shown_state(status)]
            label = f"{name} · {_(words)}"
            st.button(
                f"**{label}**" if chosen and name == chosen.name else label,
                icon=icon,
                key=f"choose-{name}",
                type="tertiary",
                on_click=look_at,
                args=(name,),
            )

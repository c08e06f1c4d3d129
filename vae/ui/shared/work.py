"""Work behind a page: how far it is, with Stop, and what the page shows when it has ended."""

from collections.abc import Callable

import streamlit as st

from vae.locale import _
from vae.runs.threads import Progress
from vae.ui.shared.errors import errors_shown

POLL_S = 0.5


def follow_work(
    look: Callable[[], Progress],
    words: Callable[[Progress], str],
    stop: Callable[[], None],
    ended: Callable[[Progress], None],
    *,
    key: str,
) -> None:
    """Show how far a piece of work is while it goes on, else what ``ended`` shows of it.

    Only this part of the page is shown again on a timer, and when the work begins or ends.
    ``words`` say beside the bar what is being done; ``key`` is that of the button Stop.
    """
    was_live = look().is_live

    @errors_shown()
    def panel() -> None:
        progress = look()
        if progress.is_live != was_live:
            st.rerun()
        if not progress.is_live:
            ended(progress)
            return
        st.progress(min(1.0, progress.share or 0.0), text=words(progress))
        if st.button(_("Stop"), icon=":material/stop:", key=key):
            stop()
            st.rerun()

    st.fragment(panel, run_every=POLL_S if was_live else None)()

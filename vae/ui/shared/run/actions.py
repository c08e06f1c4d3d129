"""What can be done with a run on the Train page, and why one has ended before its last epoch."""

from collections.abc import Callable

import streamlit as st

from vae import runs
from vae.locale import _, retold
from vae.people.owners import may_change
from vae.runs import Run, Status, queue, workers
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.run.state import LIVE, STATE_WORDS, shown_state, stop_phase
from vae.ui.shared.show import show_warning

_BROKEN = ("failed", "interrupted")


def why_it_ended(run: Run, status: Status) -> str:
    """Return a sentence in Markdown on why a run is failed or interrupted, or ""."""
    if status.state not in _BROKEN:
        return ""
    has_begun = status.queued_at is None
    reason = retold(status.error or "") or (
        _("its process ended before the last epoch.")
        if has_begun
        else _("its process ended before the training began.")
    )
    if status.state == "interrupted" and status.error is None and has_begun:
        reason += " " + _("Resume goes on from the last whole one.")
    words = workers.backend.last_words(run.directory / runs.LOG_FILE)
    if words and reason.rstrip(".") not in words:
        # As code, with its own phases taken out: nothing else in it is taken for Markdown.
        quoted = words.replace("`", "'")
        last = _("The last line of its {file}: `{line}`")
        reason += " " + last.format(file=runs.LOG_FILE, line=quoted)
    return f"{_(STATE_WORDS[status.state][0]).capitalize()}: {reason}"


@errors_shown()
def actions(run: Run, status: Status, choose: Callable[[str | None], None]) -> None:
    """Show what can be done with an own run in its state; do it where that is asked for.

    ``choose`` makes another run the one that the page shows; None for no run in particular.
    """
    state = shown_state(status)
    if not may_change(run.directory):
        st.caption(
            _("This run is somebody else's: you can look at it, compare it and copy its settings.")
        )
        return
    if state in LIVE:
        _pause_button(run)
        stop_button(
            stop_phase(run.directory) if state == "running" else "",
            lambda: queue.cancel(run),
            lambda: queue.force_stop(run),
            _(
                "Its process has not reacted to Stop for {n} s, and no other run starts while it "
                "is there. Force stop ends it; the last whole epoch is kept."
            ).format(n=round(queue.STOP_PATIENCE_S)),
            key=f"run-{run.name}",
        )
    elif state != "done":
        label = _("Train") if state == "new" else _("Resume")
        if st.button(label, icon=":material/play_arrow:", type="primary", key=f"play-{run.name}"):
            queue.submit(run)
            st.rerun()
    if state not in (*LIVE, "new"):
        more = st.button(
            _("One more epoch"), icon=":material/skip_next:", key=f"one-more-{run.name}"
        )
        if more:
            queue.one_more(run)
            st.rerun()
    if state == "running":
        return
    with st.popover(_("Rename"), icon=":material/edit:", key=f"rename-{run.name}"):
        name = st.text_input(_("New name"), run.name, key=f"new-name-{run.name}")
        if st.button(_("Rename it"), key=f"do-rename-{run.name}"):
            choose(runs.rename(run, name.strip()).name)
            st.rerun()
    with st.popover(_("Delete"), icon=":material/delete:", key=f"delete-{run.name}"):
        st.write(_("Its weights, figures and pictures are gone for good."))
        if st.button(_("Delete it"), key=f"do-delete-{run.name}", type="primary"):
            runs.delete(run)
            choose(None)
            st.rerun()


def _pause_button(run: Run) -> None:
    if queue.asked(run.directory) == "pause":
        label = _("Pausing …")
        st.button(label, icon=":material/pause:", disabled=True, key=f"pausing-{run.name}")
    elif st.button(_("Pause"), icon=":material/pause:", key=f"pause-{run.name}"):
        queue.pause(run)
        st.rerun()


def stop_button(
    phase: str, stop: Callable[[], None], force: Callable[[], None], overdue: str, *, key: str
) -> None:
    """Show Stop, that it was pressed, or, where it did not help for long, Force stop.

    ``phase`` is of :func:`vae.ui.shared.run.state.stop_phase`; ``overdue`` stands above Force stop.
    """
    if phase == "overdue":
        show_warning(overdue)
        if st.button(
            _("Force stop"), icon=":material/dangerous:", type="primary", key=f"{key}-force"
        ):
            force()
            st.rerun()
    elif phase == "asked":
        st.button(_("Stopping …"), icon=":material/stop:", disabled=True, key=f"{key}-stopping")
    elif st.button(_("Stop"), icon=":material/stop:", key=f"{key}-stop"):
        stop()
        st.rerun()

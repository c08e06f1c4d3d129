"""All work of a class, with a button that ends each piece."""

import contextlib
from pathlib import Path

import streamlit as st

from vae import runs
from vae.errors import UserError
from vae.locale import _
from vae.people.owners import name_of
from vae.runs import Run, Status, queue, tasks
from vae.runs.progress import time_left
from vae.runs.room import cancel_all
from vae.runs.titles import title
from vae.studies.engine import background
from vae.ui.shared.errors import errors_shown, plain
from vae.ui.shared.run.state import STATE_WORDS, run_states, shown_state, waits
from vae.ui.shared.watch import watch

_KINDS = 30


@st.fragment
@errors_shown()
def jobs(root: Path) -> None:
    """Show what trains, waits and is measured; run anew as that changes."""
    watch("queue", "work", key="jobs")
    states, ahead = run_states(root), waits(root)
    live = {
        name: status for name, status in states.items() if status.waits or status.state == "running"
    }
    order = {name: wait.place for name, wait in ahead.items()}
    at_work = tasks.all_tasks(tasks.folder_of(root))
    study = background.running(root)
    if not live and not at_work and study is None:
        st.caption(_("Nothing trains or waits."))
        return
    st.button(
        _("End all of it"),
        icon=":material/stop_circle:",
        key="cancel-all",
        on_click=_end,
        args=(root,),
    )
    for name in sorted(live, key=lambda each: order.get(each, 0))[:_KINDS]:
        with contextlib.suppress(UserError):
            _row(runs.open_run(name, root), live[name], root)
    if len(live) > _KINDS:
        st.caption(_("{n} more wait.").format(n=len(live) - _KINDS))
    if study is not None:
        words = _("Study {name}: {n} of {all} runs trained")
        st.caption(words.format(name=study[0].name, n=study[1].runs_done, all=study[1].runs))
    for task in at_work.values():
        st.caption(f"{task.kind}: {plain(Path(task.subject).name)}")


def _row(run: Run, status: Status, root: Path) -> None:
    state, icon = STATE_WORDS[shown_state(status)]
    wait = waits(root).get(run.name)
    parts = [_(state)]
    if wait is not None and wait.place:
        parts.append(_("place {n}").format(n=wait.place))
    parts.append(_("epoch {n} of {all}").format(n=status.epoch, all=status.epochs))
    if wait is not None and wait.seconds is not None:
        parts.append(time_left(wait.seconds))
    left, middle, right = st.columns([3, 3, 1], vertical_alignment="center")
    who = name_of(run.directory) or _("this machine")
    left.markdown(f"{icon} **{plain(title(run))}** · {plain(who)}")
    middle.caption(" · ".join(parts))
    right.button(
        _("End"), key=f"end-{run.name}", width="stretch", on_click=queue.cancel, args=(run,)
    )


def _end(root: Path) -> None:
    study = background.running(root)
    if study is not None:
        background.stop(study[0])
    cancel_all(root)

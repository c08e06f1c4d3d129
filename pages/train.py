"""Train: choose the settings of a model and watch it learn."""

from pathlib import Path

import streamlit as st

from vae import jobs, runs
from vae.errors import UserError
from vae.runs import Run, Status
from vae.ui import loaders, train_controls, train_view
from vae.ui.shell import begin_page

begin_page()

KEPT = "run"  # the same as on the other pages


def choose(name: str) -> None:
    """Make a run the one that is shown, here and in the address."""
    st.query_params["run"] = name
    st.session_state[KEPT] = name


def chosen_run(root: Path, states: dict[str, Status]) -> Run | None:
    """Return the run of the address, or the one kept from another page, or the newest own one."""
    asked = st.query_params.get("run")
    if asked is not None and asked not in states:
        st.warning(
            f"There is no run called “{asked[:64]}” here (any more). Choose one from the list.",
            icon=":material/warning:",
        )
        asked = None
    found = [runs.open_run(name, root) for name in states]
    own = next((run.name for run in found if not run.config.shipped), None)
    kept = st.session_state.get(KEPT)
    name = asked or (kept if kept in states else own)
    if name is None:
        st.query_params.pop("run", None)
        return None
    choose(name)
    return next(run for run in found if run.name == name)


def run_list(root: Path, states: dict[str, Status], chosen: Run | None) -> None:
    """List the runs with their states, to choose one to look at."""
    st.subheader("Runs", anchor=False)
    if not states:
        st.caption("None yet.")
        return
    with st.container(height=220 if len(states) > 4 else "content", gap=None):
        for name, status in states.items():
            words, icon = train_view.STATE_WORDS[status.state]
            shipped = runs.open_run(name, root).config.shipped
            label = f"{name} · {'shipped' if shipped else words}"
            st.button(
                f"**{label}**" if chosen and name == chosen.name else label,
                icon=icon,
                key=f"choose-{name}",
                type="tertiary",
                on_click=choose,
                args=(name,),
            )


def actions(run: Run, state: str) -> None:
    """Show what can be done with an own run in its state; do it where that is asked for."""
    try:
        if state in train_view.LIVE:
            if st.button("Stop", icon=":material/stop:"):
                jobs.cancel(run)
                st.rerun()
        elif state != "done" and st.button("Resume", icon=":material/resume:", type="primary"):
            jobs.submit(run)
            st.rerun()
        if state == "running":
            return
        with st.popover("Rename", icon=":material/edit:", key=f"rename-{run.name}"):
            name = st.text_input("New name", run.name, key=f"new-name-{run.name}")
            if st.button("Rename it", key=f"do-rename-{run.name}"):
                choose(runs.rename(run, name.strip()).name)
                st.rerun()
        with st.popover("Delete", icon=":material/delete:", key=f"delete-{run.name}"):
            st.write("Its weights, figures and pictures are gone for good.")
            if st.button("Delete it", key=f"do-delete-{run.name}", type="primary"):
                runs.delete(run)
                st.query_params.pop("run", None)
                st.session_state.pop(KEPT, None)
                st.rerun()
    except UserError as error:
        train_view.say(error)


def show(run: Run, root: Path, states: dict[str, Status]) -> None:
    """Show the chosen run: what it is, what can be done with it, and how it learns."""
    config, status = run.config, states[run.name]
    st.subheader(run.name, anchor=False)
    st.caption(train_view.describe(config))
    if status.state in ("failed", "interrupted"):
        reason = status.error or (
            "its process ended before the last epoch. Resume goes on from the last whole one."
        )
        st.error(f"{train_view.STATE_WORDS[status.state][0].capitalize()}: {reason}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if not config.shipped:
            actions(run, status.state)
        if run.has_model and status.state not in train_view.LIVE:
            st.page_link(
                "pages/explore.py",
                label="Open in Explore",
                icon=":material/explore:",
                query_params={"run": run.name},
            )
    before = {name: status.state for name, status in states.items()}
    live = status.state in train_view.LIVE
    st.fragment(train_view.view, run_every=1.0 if live else None)(run, root, before)
    if not live and any(state in train_view.LIVE for state in before.values()):
        st.fragment(train_view.follow, run_every=2.0)(root, before)


def page() -> None:
    root = loaders.runs_root()
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        st.title("Train", anchor=False)
        started = train_controls.start_button(train_controls.controls(), root)
    if started is not None:
        choose(started.name)
    jobs.tend(root)
    states = train_view.states(root)
    with right:
        chosen = chosen_run(root, states)
        if chosen is None:
            hint = "" if states else " The shipped ones can be made with `make pretrained`."
            st.info(
                "You have no run of your own yet. Choose a preset and press **Start**: “Quick "
                "digits” needs no download and ends within half a minute. What it learns shows "
                f"up here while it trains.{hint}",
                icon=":material/info:",
            )
        else:
            show(chosen, root, states)
    with left:
        run_list(root, states, chosen)


try:
    page()
except UserError as error:
    train_view.say(error)

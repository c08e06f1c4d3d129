"""Explore: drag across the latent space while the picture morphs."""

import streamlit as st

from vae.analysis import explore
from vae.analysis.explore import SelectedAnswer, TestCodes
from vae.analysis.map_display import ADDRESS, Display, format_display
from vae.errors import UserError
from vae.locale import _
from vae.models import check_family
from vae.runs import Run
from vae.ui.explore.address import (
    start_code,
    start_display,
    start_label,
    start_z,
    write_address,
)
from vae.ui.explore.codebook import show_discrete
from vae.ui.explore.epochs import send_epochs
from vae.ui.explore.film import offer_film
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import show_error
from vae.ui.shared.following import followed_turn, show_place
from vae.ui.shared.glossary import glossary
from vae.ui.shared.html import render
from vae.ui.shared.latent_map import latent_map, send_run
from vae.ui.shared.originals import originals
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_answer, begin_page, page_head

begin_page()


@st.fragment
def map_and_answer(
    run: Run, version: str, z: list[float], label: int | None, display: Display, code: int | None
) -> None:
    """Show the map from z on; what is sent back on release reruns only this part of the page.

    Such a rerun gets the same z again: a component whose data are unchanged is not sent again.
    """
    begin_answer()
    key = f"map-{run.name}"
    kept = st.session_state.get(key) or {}
    nearby = loaders.test_codes(run, version)
    index = kept.get("selected", code)
    selected = answer_of(run, version, nearby, index)
    state = latent_map(
        version,
        z=z,
        label=label,
        display=display,
        has_epochs=nearby.has_epochs,
        revision=f"{version}{followed_turn()}",
        selected=selected,
        key=key,
    )
    # A component's state ends with its page; the place is kept for the way back.
    shown, label = list(state.z or z), label if state.label is None else state.label
    address = explore.format_z(shown, nearby.extent.decimals)
    if state.z:
        st.query_params["z"] = address
        st.session_state[f"z-{run.name}"] = shown
    if state.label is not None:
        st.query_params["label"] = str(state.label)
        st.session_state[f"label-{run.name}"] = state.label
    if state.display is not None:
        display = st.session_state[f"display-{run.name}"] = state.display
    code = state.selected if state.has_selected else code
    write_address(format_display(display), ADDRESS)
    write_address({} if code is None else {"code": str(code)}, ["code"])
    offer_film(run, state.path, label, nearby.extent.limit)
    st.html(render("explore", "answer", address, nearby.words(shown, label)))
    show_place("explore")
    if state.wants_epochs or display.get("epoch") is not None:
        send_epochs(run)


def answer_of(run: Run, version: str, nearby: TestCodes, index: object) -> SelectedAnswer | None:
    """Return what is told of a test code, if there is one of that number."""
    if not isinstance(index, int) or not 0 <= index < len(nearby.codes.mu):
        return None
    found = originals(run)
    missing = (
        ""
        if found.data
        else _("{problem}: this is the reconstruction.").format(problem=found.problem.rstrip("."))
    )
    model = loaders.model(run, version)
    return explore.selected_answer(model, nearby.codes, index, found.data, missing)


def show(run: Run) -> None:
    """Show a run, or the sentence that says why it cannot be shown."""
    try:
        version = run.version  # Once: a training may change it while the page is made.
        if not check_family(run.config.model.family).model.is_continuous:
            show_discrete(run, version)
            return
        payload = loaders.payload(run, version)
        nearby = loaders.test_codes(run, version)
    except UserError as error:
        show_error(error)
        return
    code = start_code(nearby)
    z, label = start_z(run, nearby, code), start_label(run, nearby)
    map_and_answer(run, version, z, label, start_display(run, nearby), code)
    obtain.offer(run.config.data.dataset)
    glossary()
    # Last, because the carrier shows nothing but takes a row.
    send_run(f"carrier-{run.name}", payload)
    loaders.prepare_images(run.config.data.dataset)


with st.container(key="map-head"):
    chosen = page_head(_("Explore"), pick_run)
if chosen is not None:
    show(chosen)

"""Explore: drag across the latent space while the picture morphs."""

from html import escape

import streamlit as st

from vae import explore
from vae.data import DATASETS, ImageData
from vae.errors import UserError
from vae.runs import Run
from vae.ui import loaders, obtain
from vae.ui.glossary import glossary
from vae.ui.latent_map import latent_map, send_run
from vae.ui.picker import pick_run
from vae.ui.shell import begin_page

begin_page()


def images_of(run: Run) -> tuple[ImageData | None, str]:
    """Return the run's data set, or why it cannot be shown."""
    name = run.config.data.dataset
    try:
        return loaders.dataset(name), ""
    except UserError:
        title = DATASETS[name].title if name in DATASETS else name
        return None, f"{title} is not on this machine: this is the reconstruction."


def start_z(run: Run) -> list[float]:
    """Return the z of the address, or where this session left the run, or the origin."""
    d = run.config.model.latent_dim
    text = st.query_params.get("z")
    if text is None:
        return list(st.session_state.get(f"z-{run.name}", [0.0] * d))
    try:
        return explore.parse_z(text, d)
    except UserError as error:
        st.warning(str(error)[:1].upper() + str(error)[1:], icon=":material/warning:")
        st.query_params.pop("z", None)
        return [0.0] * d


def describe(run: Run, z: list[float]) -> None:
    """Say in words what is known of the place z."""
    nearby = loaders.surroundings(run, run.version)
    place = nearby.at(z)
    spec = DATASETS.get(run.config.data.dataset)
    label = int(nearby.labels[place.nearest])
    name = spec.class_names[label] if spec and label < len(spec.class_names) else str(label)
    shown = ", ".join(f"{value:.3f}" for value in z[:8]) + (" …" if len(z) > 8 else "")
    words = (
        f"z = ({shown}). The prior draws a z this far from the origin, or farther, "
        f"{place.prior_tail:.0%} of the time. The nearest test image is number {place.nearest}, "
        f"class {name}, at distance {place.distance:.2f}"
    )
    words += (
        ": farther than the test codes lie from one another, so the picture is a guess."
        if place.share > 0.99
        else "."
    )
    st.html(f'<p data-testid="python-answer" data-z="{explore.format_z(z)}">{escape(words)}</p>')


@st.fragment
def map_and_answer(run: Run, z: list[float]) -> None:
    """Show the map from z on; what is sent back on release reruns only this part of the page.

    Such a rerun gets the same z again: a component whose data are unchanged is not sent again.
    """
    key = f"map-{run.name}"
    kept = st.session_state.get(key) or {}
    selected = None
    index = kept.get("selected")
    codes = loaders.surroundings(run, run.version).codes
    if isinstance(index, int) and 0 <= index < len(codes.mu):
        model = loaders.model(run, run.version)
        images, missing = images_of(run)
        selected = explore.selected_answer(model, codes, index, images, missing)
    state = latent_map(run.version, z=z, revision=run.version, selected=selected, key=key)
    shown = list(state.z or z)
    if state.z:
        st.query_params["z"] = explore.format_z(shown)
        # A component's state ends with its page; the place is kept for the way back.
        st.session_state[f"z-{run.name}"] = shown
    describe(run, shown)


def show(run: Run) -> None:
    """Show a run, or the sentence that says why it cannot be shown."""
    try:
        payload = loaders.payload(run, run.version)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    map_and_answer(run, start_z(run))
    if run.config.data.dataset in DATASETS:
        obtain.offer(run.config.data.dataset)
    glossary()
    # Last, because the carrier shows nothing but takes a row.
    send_run(f"carrier-{run.name}", payload)
    loaders.prepare_images(run.config.data.dataset)


title, picker = st.columns([1, 3], vertical_alignment="center")
title.title("Explore", anchor=False)
with picker:
    chosen = pick_run()
if chosen is not None:
    show(chosen)

"""Explore: drag across the latent space while the picture morphs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import streamlit as st

from vae.analysis import explore
from vae.analysis.codebook import codebook_image, image_count
from vae.analysis.explore import SelectedAnswer, TestCodes
from vae.analysis.map_display import ADDRESS, Display, format_display, parse_display, parse_index
from vae.errors import UserError
from vae.models import check_family
from vae.runs import Run
from vae.ui.explore.epochs import send_epochs
from vae.ui.explore.film import offer_film
from vae.ui.shared import loaders, obtain
from vae.ui.explore.codebook import codebook_view
from vae.ui.shared.controls import read_address
from vae.ui.shared.errors import show_error
from vae.ui.shared.glossary import glossary
from vae.ui.shared.html import render
from vae.ui.shared.latent_map import latent_map, send_run
from vae.ui.shared.originals import originals
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_answer, begin_page, page_head

begin_page()

T = TypeVar("T")
INSTEAD = ("reconstructions", "generate")
"""Pages that say more of a run whose codes are discrete."""


def start(run: Run, name: str, parse: Callable[[str], T], otherwise: T) -> T:
    """Return ``name`` as the address has it, or as this session left it for the run."""
    is_asked = name in st.query_params
    asked = read_address(name, parse)
    if asked is not None:
        return asked
    kept: T = otherwise if is_asked else st.session_state.get(f"{name}-{run.name}", otherwise)
    return kept


def start_z(run: Run, nearby: TestCodes, code: int | None) -> list[float]:
    """Return the z to begin with: that of the selected code where the address names no other."""
    if code is not None and "z" not in st.query_params:
        return [round(value, nearby.extent.decimals) for value in nearby.codes.mu[code].tolist()]
    d, extent = run.config.model.latent_dim, nearby.extent

    def parse(text: str) -> list[float]:
        return explore.parse_z(text, d, limit=extent.limit, decimals=extent.decimals)

    kept = start(run, "z", parse, extent.centre)
    return list(kept if len(kept) == d else extent.centre)


def start_label(run: Run, nearby: TestCodes) -> int | None:
    """Return the label to begin with; None where the decoder is told none."""
    choices = nearby.choices
    if not choices:
        st.query_params.pop("label", None)
        return None
    kept = start(run, "label", lambda text: explore.parse_label(text, choices), choices[0])
    return kept if kept in choices else choices[0]


def start_display(run: Run, nearby: TestCodes) -> Display:
    """Return what to show at first apart from z: the address's, or what this session left."""
    asked = parse_display(read_address, run.config.model.latent_dim, nearby.classes)
    if any(name in st.query_params for name in ADDRESS):
        return asked
    kept: Display = st.session_state.get(f"display-{run.name}") or asked
    return kept


def start_code(nearby: TestCodes) -> int | None:
    """Return the test code to select at first."""
    numbers = range(len(nearby.codes.mu))
    return read_address("code", lambda text: parse_index(text, numbers, "code"))


def write_address(values: Mapping[str, str], names: Sequence[str]) -> None:
    """Write parts of the address, and take back those of ``names`` that are not among them."""
    for name in names:
        if name not in values:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != values[name]:
            st.query_params[name] = values[name]


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
    selected = answer_of(run, nearby, index)
    state = latent_map(
        version,
        z=z,
        label=label,
        display=display,
        has_epochs=nearby.has_epochs,
        revision=version,
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
    if state.wants_epochs or display.get("epoch") is not None:
        send_epochs(run)


def answer_of(run: Run, nearby: TestCodes, index: object) -> SelectedAnswer | None:
    """Return what is told of a test code, if there is one of that number."""
    if not isinstance(index, int) or not 0 <= index < len(nearby.codes.mu):
        return None
    found = originals(run)
    missing = "" if found.data else f"{found.problem.rstrip('.')}: this is the reconstruction."
    model = loaders.model(run, run.version)
    return explore.selected_answer(model, nearby.codes, index, found.data, missing)


@st.fragment
def codebook_strip(run: Run, index: int) -> None:
    """Show how an image becomes entries of a codebook, and these a picture."""
    begin_answer()
    key = f"codebook-{run.name}"
    asked = (st.session_state.get(key) or {}).get("image")
    index = index if asked is None else int(asked)
    found = originals(run)
    missing = f"{found.problem.rstrip('.')}: x is the decode of test image {index}'s entries."
    image = codebook_image(run, index, found.data, missing)
    codebook_view(run.version, image, key=key)
    st.query_params["image"] = str(image["index"])


def show_discrete(run: Run) -> None:
    """Show a run whose codes are discrete: there is no map, as no place is between two codes."""
    payload = loaders.payload(run, run.version)
    st.markdown(
        f"The codes of this {run.config.model.family} are discrete: each image is a grid of "
        "entries of a codebook, each of them the nearest to a vector of the encoder."
    )
    numbers = range(image_count(run))
    index = read_address("image", lambda text: parse_index(text, numbers, "image"))
    codebook_strip(run, index or 0)
    for name in INSTEAD:
        page = Path(__file__).with_name(f"{name}.py")
        if page.exists():
            label = f"See this run in {name.capitalize()}"
            st.page_link(f"pages/{page.name}", label=label, query_params={"run": run.name})
    obtain.offer(run.config.data.dataset)
    send_run(f"carrier-{run.name}", payload)
    loaders.prepare_images(run.config.data.dataset)


def show(run: Run) -> None:
    """Show a run, or the sentence that says why it cannot be shown."""
    try:
        if not check_family(run.config.model.family).model.is_continuous:
            show_discrete(run)
            return
        version = run.version  # Once: a training may change it while the page is made.
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
    chosen = page_head("Explore", pick_run)
if chosen is not None:
    show(chosen)

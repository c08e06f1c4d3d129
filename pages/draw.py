"""Draw: put a drawing of one's own on the map of a model."""

from functools import partial

import streamlit as st

from vae.analysis import draw, draw_reading, explore
from vae.analysis.draw import Drawing
from vae.analysis.pinned import pack_picture
from vae.data import FILLING, DatasetSpec, known_spec
from vae.errors import UserError
from vae.locale import N_, _
from vae.models import check_family
from vae.runs import Run
from vae.ui.draw import reference
from vae.ui.draw.pad import Answer, Paper, ShownReading, drawing_view, kept_drawing, send_answer
from vae.ui.draw.reference import Reference
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import show_error
from vae.ui.shared.glossary import glossary
from vae.ui.shared.latent_map import send_run
from vae.ui.shared.originals import are_here, title_of
from vae.ui.shared.picker import pick_run
from vae.ui.shared.shell import begin_answer, begin_page, page_head
from vae.ui.shared.show import show_note

begin_page()

NO_MAP = N_(
    "There is no map: the codes of this {family} are grids of entries of a codebook, and there is "
    "no place between two of them. Neighbours are found by the mean of the grid."
)
LISTED = 12
"""Class names that a sentence holds."""


def note(run: Run, *, ready: bool) -> str:
    """Say why nothing is known of how typical the drawing is."""
    if not ready:
        title = title_of(run.config.data.dataset)
        return _(
            "How typical it is can be measured once the images of {title} are on this machine."
        ).format(title=title)
    progress = reference.look(run)
    if progress.state == "done":
        return ""
    return progress.error or _("The test images are being measured, to say how typical it is …")


def seen(run: Run, raster: str) -> draw.Levels | None:
    """Return a raster as an image of a run's; None where nothing is drawn."""
    spec = known_spec(run.config.data.dataset)
    shape = run.config.model.image_shape
    image = draw.prepare(draw.read_raster(raster), shape, spec.placing if spec else FILLING)
    return None if image is None else draw.as_seen(image, run.config.data)


def read(run: Run, raster: str, *, ready: bool) -> ShownReading | None:
    """Return what the run's model makes of a raster; None where nothing is drawn."""
    image = seen(run, raster)
    if image is None:
        return None
    nearby = loaders.test_codes(run, run.version)
    images: Reference | None = reference.look(run).result if ready else None
    reading = draw_reading.read_drawing(
        loaders.model(run, run.version),
        image,
        nearby.codes,
        nearby.labels,
        nearby.class_names,
        choices=nearby.choices,
        is_binary=draw.sees_black_and_white(run.config.data),
        data=images.data if images else None,
        reference=images.scores if images else None,
    )
    return {**reading, "note": note(run, ready=ready)}


def place_of(run: Run, raster: str, reading: ShownReading) -> dict[str, str]:
    """Return the address of Explore with a drawing pinned, at its code."""
    extent = loaders.test_codes(run, run.version).extent
    place = [min(max(z, -extent.limit), extent.limit) for z in reading["mu"]]
    label = {} if reading["label"] is None else {"label": str(reading["label"])}
    image = seen(run, raster)
    packed = None if image is None else pack_picture(image.tobytes())
    pin = {} if packed is None else {"picture": packed}
    return {"run": run.name, "z": explore.format_z(place, extent.decimals)} | label | pin


@st.fragment
def pad_and_answer(run: Run, paper: Paper, start: Drawing, ready: bool) -> None:
    """Show the pad; a stroke reruns only this part of the page.

    Such a rerun gets the same start again: a component whose data are unchanged is not sent again.
    """
    begin_answer()
    drawing = kept_drawing()
    answer: Answer = {"drawing": drawing.id, "run": run.version, "reading": None, "problem": ""}
    try:
        answer["reading"] = read(run, drawing.raster, ready=ready) if drawing.raster else None
    except UserError as error:
        answer["problem"] = str(error)
    drawing_view(paper, start)
    found = answer["reading"]
    if not paper.no_map:
        has_prior = check_family(run.config.model.family).model.has_prior
        st.page_link(
            "pages/explore.py",
            label=_("Pin the drawing in Explore, at its mu")
            if has_prior
            else _("Pin the drawing in Explore, at its code"),
            icon=":material/explore:",
            query_params=place_of(run, drawing.raster, found) if found else None,
            disabled=found is None,
        )
    send_answer(answer)


def follow(run: Run) -> None:
    """Show the page anew once the test images have been measured."""
    if not reference.look(run).is_live:
        st.rerun()


def say_what_it_knows(run: Run, spec: DatasetSpec) -> None:
    """Say what the run was trained on, so that nobody expects it to know more."""
    labels = run.config.data.classes or range(len(spec.class_names))
    seen = [spec.class_name(label) for label in labels]
    listed = ", ".join(seen[:LISTED]) + (", …" if len(seen) > LISTED else "")
    st.caption(
        _(
            "{name} was trained on {title}: {listed}. Whatever you draw, it can "
            "only decode something like these."
        ).format(name=run.name, title=spec.title, listed=listed)
    )


def show(run: Run) -> None:
    """Show a run, or the sentence that says why nothing can be drawn for it."""
    name, shape = run.config.data.dataset, run.config.model.image_shape
    spec = known_spec(name)
    reason = draw.why_not(run)
    if reason:
        show_note(reason)
        return
    try:
        has_map = check_family(run.config.model.family).model.is_continuous
        payload = loaders.payload(run, run.version)
        ready = are_here(name)
    except UserError as error:
        show_error(error)
        return
    if spec is not None:
        say_what_it_knows(run, spec)
    placing = spec.placing if spec else FILLING
    subject = _(spec.subject) if spec else _("a picture")
    no_map = "" if has_map else _(NO_MAP).format(family=run.config.model.family)
    is_binary = draw.sees_black_and_white(run.config.data)
    paper = Paper(run.version, shape, subject, placing, is_binary, no_map)
    pad_and_answer(run, paper, kept_drawing(), ready)
    obtain.offer(name)
    glossary()
    # Last, because these show nothing but take a row.
    send_run(f"carrier-{run.name}", payload)
    # Loaded now, so that the first stroke need not wait for it.
    loaders.model(run, run.version)
    if ready and reference.begin(run).is_live:
        st.fragment(follow, run_every=1.0)(run)


chosen = page_head(_("Draw"), partial(pick_run, draw.why_not))
if chosen is not None:
    show(chosen)

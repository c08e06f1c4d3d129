"""The Generate page's data set: a plan, a preview of it, and all of it to download."""

from typing import cast

import streamlit as st

from vae.analysis.generated_set import (
    MAX_IMAGES,
    GeneratedSet,
    SetPlan,
    Source,
    make_set,
    most_places,
    npz_bytes,
    preview_plan,
    set_size,
    sheet_png,
)
from vae.locale import _, numbers
from vae.runs import Run
from vae.ui.generate.controls import controls, pick_seed
from vae.ui.generate.grids import coverage_choice, draw_words, plane_dims, temperature_slider
from vae.ui.generate.shown import LoadedRun
from vae.ui.shared import loaders
from vae.ui.shared.show import offer_download
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import wall

_DRAWS_OF_DISCRETE = 1000
"""Draws from a learned prior come one code after the other: so many take a while."""


@st.cache_resource(max_entries=16, show_spinner=False)
def _preview(_run: Run, version: str, plan: SetPlan, alt: str) -> str:
    found = make_set(loaders.model(_run, version), plan)
    columns = plan.size if plan.source == "grid" and len(found.images) > plan.size else None
    return wall(found.images, alt, columns=columns, side=56)


@st.cache_resource(max_entries=2, show_spinner=False)
def _whole(_run: Run, version: str, plan: SetPlan) -> GeneratedSet:
    return make_set(loaders.model(_run, version), plan)


def _plan(shown: LoadedRun) -> SetPlan:
    source: Source = "draws"
    labels = tuple(shown.choices)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if shown.model.is_continuous:
            source = cast(
                Source,
                controls.pick(
                    _("From"),
                    "of",
                    ("grid", "draws"),
                    titles={"grid": _("a grid of z"), "draws": _("random draws")},
                    segmented=True,
                ),
            )
        if source == "draws":
            most = MAX_IMAGES if shown.model.is_continuous else _DRAWS_OF_DISCRETE
            count = controls.whole(_("Images"), "count", 1, most, min(1000, most))
            temperature = temperature_slider()
            seed = pick_seed()
            return SetPlan("draws", count=count, temperature=temperature, seed=seed, labels=labels)
        most = most_places(shown.d, len(labels))
        size = controls.whole(_("Places a side"), "side", 2, most, min(20, most))
        even = (
            controls.pick(
                _("Steps"),
                "spacing",
                ("quantiles", "even"),
                titles={"quantiles": _("equal quantiles"), "even": _("even in z")},
                segmented=True,
                help=_(
                    "Equal steps of probability show each part as often as it is drawn; even steps "
                    "of z give the rare edges the same room as the middle."
                ),
            )
            == "even"
        )
        coverage = coverage_choice()
        dims = plane_dims(shown) if shown.d > 2 else (0, min(1, shown.d - 1))
    return SetPlan("grid", size, dims, coverage, even, labels=labels)


def dataset_view(shown: LoadedRun) -> None:
    """Let a data set be generated: what of, how it looks, and two files to download."""
    plan = _plan(shown)
    if shown.d > 1 and plan.dims[0] == plan.dims[1]:
        st.info(_("Choose two different dimensions: one runs across, the other up."))
        return
    count = set_size(plan, shown.d)
    name = f"{shown.run.name}-{plan.source}-{count}"
    run, version = shown.run, shown.run.version

    def npz() -> bytes:
        return npz_bytes(_whole(run, version, plan), plan, run.config)

    def png() -> bytes:
        return sheet_png(_whole(run, version, plan), plan)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        offer_download(
            _("{count} images (NPZ)").format(count=numbers.count(count)),
            npz,
            f"{name}.npz",
            type="primary",
            key="generate-npz",
        )
        offer_download(
            _("One sheet (PNG)"),
            png,
            f"{name}.png",
            key="generate-sheet",
        )
    words = _("{n} images: {what}.").format(n=numbers.count(count), what=_what(shown, plan))
    preview = preview_plan(plan, shown.d)
    if set_size(preview, shown.d) < count:
        words += " " + _("Shown here: {part}.").format(part=_part(shown, plan, preview))
    with takeable("preview"):
        st.html(_preview(run, version, preview, words.rstrip(".")))
    arrays = ["`z`" if shown.model.is_continuous else "`codes`", *["`labels`"] * bool(plan.labels)]
    file = _(
        "The NPZ file holds `images` (uint8), {arrays}, the run's `config` and this `plan` as JSON "
        "texts: `numpy.load` reads it as it is. The files are made when a button is pressed."
    ).format(arrays=", ".join(arrays))
    st.caption(f"{words} {file}")


def _what(shown: LoadedRun, plan: SetPlan) -> str:
    if plan.source == "draws":
        words = (
            _("{draws}, seed {seed}, the classes in turn")
            if plan.labels
            else _("{draws}, seed {seed}")
        )
        return words.format(draws=draw_words(shown, plan.temperature), seed=plan.seed)
    if plan.even:
        words = _("{places} places in even steps of z of {source}")
    else:
        words = _("{places} places at equal quantiles of {source}")
    words = words.format(places=_places(shown, plan.size), source=shown.source_words)
    if plan.labels:
        return _("{grid}, for each of {n} classes").format(grid=words, n=len(plan.labels))
    return words


def _places(shown: LoadedRun, size: int) -> str:
    return f"{size} × {size}" if shown.d > 1 else numbers.formatted(size, ",")


def _part(shown: LoadedRun, plan: SetPlan, preview: SetPlan) -> str:
    if plan.source == "draws":
        return _("the first {n}").format(n=preview.count)
    places = _places(shown, preview.size)
    if plan.labels:
        name = shown.class_name(plan.labels[0])
        return _("{places} places under class {name}").format(places=places, name=name)
    return _("{places} places").format(places=places)

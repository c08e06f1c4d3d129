"""Views of the Generate page that lie in rows and columns: samples, manifold, traversals."""

from typing import SupportsFloat

import streamlit as st

from vae.analysis.generate import code_gaussian, dimension_lines, images_at, manifold, samples
from vae.locale import _, numbers
from vae.runs import Run
from vae.ui.generate.controls import controls, pick_seed
from vae.ui.generate.shown import (
    MIDDLE,
    LoadedRun,
    choose_label,
    has_codes,
    ranking,
    show_start,
    start,
)
from vae.ui.shared import loaders
from vae.ui.shared.show import show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Row, rows, sheet_bytes, wall

FEW_ROWS = 20
FEW_IMAGES = 120
_CLASS_COLUMNS = range(5, 27)
"""So many classes fit side by side, a column each."""
COVERAGES = ("0.5", "0.8", "0.9", "0.95", "0.99", "0.999")


@st.cache_resource(max_entries=32, show_spinner=False)
def _samples_wall(
    _run: Run,
    version: str,
    count: int,
    seed: int,
    temperature: float,
    labels: tuple[int, ...],
    alt: str,
) -> str:
    drawn = samples(loaders.model(_run, version), count, seed, temperature, labels)
    columns = len(labels) if len(labels) in _CLASS_COLUMNS else None
    return wall(drawn, alt, columns=columns, side=84 if count <= FEW_IMAGES else 56)


def draw_words(shown: LoadedRun, temperature: float) -> str:
    """Say what images are drawn from."""
    if not shown.model.is_continuous:
        words = _("grids of codes drawn from the learned prior")
    elif shown.model.has_prior:
        words = _("z drawn from the prior N(0, I)")
    else:
        words = _("z drawn from a Gaussian fitted to the training codes")
    if temperature == 1:
        return words
    value = numbers.number(temperature, 2)
    return _("{draws}, temperature {t}").format(draws=words, t=value)


def temperature_slider() -> float:
    """Show the temperature of draws."""
    return controls.real(
        _("Temperature"),
        "temperature",
        0.1,
        2.0,
        1.0,
        0.1,
        help=_(
            "Below 1 draws stay near what is most likely and differ less; above 1 they go "
            "farther out than the model has learnt. For a Gaussian it is a factor of the "
            "standard deviation."
        ),
    )


def samples_view(shown: LoadedRun) -> None:
    """Show many draws of the model at once."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        count = controls.whole(_("Images"), "n", 1, 400, 100, slider=True, width=220)
        temperature = temperature_slider()
        label = choose_label(shown, in_turn=True)
        seed = pick_seed()
    labels = tuple(shown.choices) if label is None else (label,)
    what = draw_words(shown, temperature)
    if not shown.model.has_prior:
        show_note(
            _(
                "No prior: this {title} does not set where codes should lie. These are {what}; the "
                "training does not pull codes towards it, so some draws decode to no clear image."
            ).format(title=shown.title, what=what)
        )
    if not labels:
        words = _("{n} images: {what}, seed {seed}.")
    elif len(labels) == 1:
        words = _("{n} images: {what}, seed {seed}, all of class {names}.")
    elif len(labels) in _CLASS_COLUMNS:
        words = _("{n} images: {what}, seed {seed}, a column for each class: {names}.")
    else:
        words = _("{n} images: {what}, seed {seed}, the classes in turn: {names}.")
    names = ", ".join(shown.class_name(other) for other in labels)
    caption = words.format(n=count, what=what, seed=seed, names=names)
    version = shown.run.version
    with takeable("samples"):
        st.html(_samples_wall(shown.run, version, count, seed, temperature, labels, caption))
    st.caption(
        _("{caption} Each picture is the decoder's mean of every pixel.").format(caption=caption)
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _manifold_png(
    _shown: LoadedRun,
    version: str,
    size: int,
    dims: tuple[int, int],
    coverage: float,
    at: int,
    label: int | None,
) -> bytes:
    z = manifold(_shown.model, size, at=_shown.code(at), dims=dims, coverage=coverage)
    images = images_at(_shown.model, z, label).reshape(-1, *_shown.model.config.image_shape)
    return sheet_bytes(images, size, most=56, close=True)


def plane_dims(shown: LoadedRun) -> tuple[int, int]:
    """Show the choice of two dimensions, the most telling ones first; return their numbers."""
    found = ranking(shown)
    order = list(range(shown.d)) if found is None else found.order
    names = [f"z{dim + 1}" for dim in order]
    help = _("The dimensions stand in the order of what they carry: most KL, or spread, first.")
    across = controls.pick(_("Across"), "x", names, width=110, help=help)
    up = controls.pick(_("Up"), "y", names, names[1], width=110, help=help)
    return int(across[1:]) - 1, int(up[1:]) - 1


def coverage_choice() -> float:
    """Show how much of the Gaussian's mass a grid covers."""
    return float(
        controls.pick(
            _("Coverage"),
            "coverage",
            COVERAGES,
            "0.95",
            titles={text: numbers.formatted(100 * float(text), "g") + " %" for text in COVERAGES},
            width=110,
            help=_(
                "Share of the prior's mass between the first and the last place of each dimension: "
                "95 % reaches from −1.96 to 1.96."
            ),
        )
    )


def manifold_view(shown: LoadedRun) -> None:
    """Show the images over a grid of two dimensions, or along the only one."""
    at, dims = MIDDLE, (0, 1 if shown.d > 1 else 0)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        size = controls.whole(_("Places a side"), "size", 5, 40, 15, slider=True, width=220)
        coverage = coverage_choice()
        if shown.d > 2:
            dims = plane_dims(shown)
            at = start(shown)
        label = _label_at(shown, at)
    if dims[0] == dims[1] and shown.d > 1:
        st.info(_("Choose two different dimensions: one runs across, the other up."))
        return
    if at != MIDDLE:
        show_start(shown, at, label)
    picture = _manifold_png(shown, shown.run.version, size, dims, coverage, at, label)
    caption = _plane_words(shown, dims, coverage, at, label)
    with takeable("manifold"):
        st.image(picture, alt=caption)
    st.caption(caption)


def _label_at(shown: LoadedRun, at: int) -> int | None:
    return choose_label(shown, None if at == MIDDLE else shown.labels[at])


def _plane_words(
    shown: LoadedRun, dims: tuple[int, int], coverage: float, at: int, label: int | None
) -> str:
    gaussian = code_gaussian(shown.model)
    ends = manifold(shown.model, 2, dims=dims, coverage=coverage)
    low, high = ends[-1, 0], ends[0, -1]

    found = ranking(shown)

    def name(dim: int) -> str:
        return f"z{dim + 1}" + (f" ({found.words(dim)})" if found and shown.d > 2 else "")

    def end(value: SupportsFloat) -> str:
        return numbers.formatted(float(value), ".2f")

    values = {
        "x": name(dims[0]),
        "source": shown.source_words,
        "share": numbers.formatted(100 * coverage, "g"),
    }
    values |= {"left": end(low[dims[0]]), "right": end(high[dims[0]])}
    if shown.d > 1:
        values |= {"y": name(dims[1])}
        values |= {"bottom": end(low[dims[1]]), "top": end(high[dims[1]])}
        words = _(
            "{x} runs from {left} to {right} from left to right, {y} runs from {bottom} to {top} "
            "upwards, at equal quantiles of {source}: {share} % of its mass in each dimension."
        )
    else:
        words = _(
            "{x} runs from {left} to {right} from left to right, at equal quantiles of {source}: "
            "{share} % of its mass in all."
        )
    sentences = [words.format(**values)]
    if shown.d > 2:
        sentences.append(
            _("The other {n} dimensions stay at {where}.").format(
                n=len(gaussian.mean) - 2, where=_where(shown, at)
            )
        )
    return " ".join([*sentences, *_told(shown, label)])


def _where(shown: LoadedRun, at: int) -> str:
    if at == MIDDLE:
        return shown.middle_words
    return _("the code of {image}").format(image=shown.name_of(at))


def _told(shown: LoadedRun, label: int | None) -> list[str]:
    if label is None:
        return []
    return [_("The decoder is told class {name}.").format(name=shown.class_name(label))]


@st.cache_resource(max_entries=16, show_spinner=False)
def _traversal_rows(
    _shown: LoadedRun,
    version: str,
    dims: tuple[int, ...],
    steps: int,
    reach: float | None,
    at: int,
    label: int | None,
) -> str:
    z = dimension_lines(_shown.model, dims, steps, at=_shown.code(at), reach=reach)
    images = images_at(_shown.model, z, label)
    found = ranking(_shown)
    return rows(
        [
            Row(
                images[place],
                f"z{dim + 1}",
                found.words(dim) if found else "",
                f"z{dim + 1}: {z[place, 0, dim]:.2f} … {z[place, -1, dim]:.2f}",
            )
            for place, dim in enumerate(dims)
        ],
        side=84 if len(dims) <= 8 else 56,
    )


def traversals_view(shown: LoadedRun) -> None:
    """Show each dimension from low to high, all others left where they are."""
    found = ranking(shown)
    if found is None:
        has_codes(shown)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        steps = controls.whole(_("Steps"), "steps", 3, 25, 11, slider=True, width=220)
        reach = controls.pick(
            _("Range"),
            "range",
            ("quantiles", "3"),
            titles={"quantiles": _("quantiles"), "3": "±3"},
            segmented=True,
            help=_(
                "Equal quantiles, 95 % of the mass; or even steps within three standard deviations."
            ),
        )
        # In many dimensions no image lies near the origin.
        at = start(shown, first="image")
        label = _label_at(shown, at)
        dims = found.order
        if shown.d > FEW_ROWS and not controls.toggle(_("Show all {d}").format(d=shown.d), "all"):
            dims = dims[:FEW_ROWS]
    if at != MIDDLE:
        show_start(shown, at, label)
    moves = (
        _(
            "Each row moves one dimension from −3 to 3 standard deviations of {source}; all others "
            "stay at {where}."
        )
        if reach == "3"
        else _(
            "Each row moves one dimension over 95 % of {source}, at equal quantiles; all others "
            "stay at {where}."
        )
    )
    sentences = [
        moves.format(source=shown.source_words, where=_where(shown, at)),
        _("The rows with the most KL come first.")
        if found.name == "KL"
        else _("The rows with the most spread over the test codes come first."),
    ]
    if len(dims) < shown.d:
        sentences.append(_("Shown: {n} of {d} dimensions.").format(n=len(dims), d=shown.d))
    st.caption(" ".join([*sentences, *_told(shown, label)]))
    span_z = 3.0 if reach == "3" else None
    with takeable("traversals"):
        st.html(_traversal_rows(shown, shown.run.version, tuple(dims), steps, span_z, at, label))

"""The Compare page's pictures: the same images through each run, samples, manifolds, holes."""

from collections.abc import Sequence

import streamlit as st

from vae.analysis.compare import images, space
from vae.analysis.compare.space import DRAWS
from vae.analysis.generate import Levels, images_at, manifold, samples
from vae.config import RunConfig
from vae.data import Split, known_spec
from vae.errors import UserError
from vae.figures import compare as figures
from vae.locale import N_, _, numbers
from vae.models import check_family
from vae.runs import Run
from vae.training.metrics import check_images
from vae.ui.compare.controls import controls
from vae.ui.shared import loaders, obtain
from vae.ui.shared.originals import class_name, title_of, version_with_data
from vae.ui.shared.shell import begin_answer
from vae.ui.shared.show import show_figure, show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Row, rows, sheet_bytes

COUNTS = (4, 20)
MANIFOLD = 14
TILE_PX = 40


_WHAT = N_(
    "Dashed circles: 1 and 2 standard deviations of the prior; without a prior, of a Gaussian "
    "fitted to the codes. **Blue** places are near test codes; **yellow to brown** places are "
    "holes: codes are rarer there than at 99% of the codes themselves, so what they decode to is a "
    "guess."
)
_BOTH = N_(
    "What to see: the prior pulls a VAE's codes together until they fill it, so that a "
    "random code decodes to something. An autoencoder has no such term: its codes lie in arms "
    "with holes between them, and a Gaussian laid over them draws from the holes, too. In the "
    "pictures below, look for tiles that are no image of any class."
)

EXPLAINED = {False: (_WHAT,), True: (_WHAT, _BOTH)}
"""What stands above the maps of holes: with and without both kinds of run."""


def _source(run: Run) -> str:
    kind = check_family(run.config.model.family).model
    if not kind.is_continuous:
        return _("its learned prior over codes")
    return _("the prior N(0, I)") if kind.has_prior else _("a Gaussian fitted to its codes")


def _seed_and_count() -> tuple[int, int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = controls.seed(
            "compare_seed",
            help=_("The same seed chooses the same images and draws the same samples."),
            again=False,
            width=150,
        )
        count = controls.whole(
            _("Pictures per row"), "compare_count", *COUNTS, 10, slider=True, width=220
        )
    return seed, count


@st.cache_resource(max_entries=64, show_spinner=False)
def _reconstruction(
    _run: Run, key: str, chosen: tuple[int, int, str], _split: Split
) -> images.Reconstruction:
    model = loaders.model(_run, _run.version)
    return images.reconstruct(model, _split, _run.config.data)


@st.cache_resource(max_entries=64, show_spinner=False)
def _drawn(_run: Run, version: str, count: int, seed: int) -> Levels:
    labels = loaders.test_codes(_run, version).choices
    return samples(loaders.model(_run, version), count, seed, labels=labels)


def _same_images(runs: Sequence[Run]) -> list[Run]:
    """Return the runs on the first one's data set and shape; say which are not."""
    first = runs[0].config
    key = first.data.dataset, first.model.image_shape
    same = [run for run in runs if (run.config.data.dataset, run.config.model.image_shape) == key]
    others = [run.name for run in runs if run not in same]
    if others:
        st.caption(
            _(
                "Not here: {names}. The images are those of {dataset}, as {name} was trained on "
                "them; other runs were trained on other images."
            ).format(names=", ".join(others), dataset=first.data.dataset, name=runs[0].name)
        )
    return same


def _reconstructions(runs: Sequence[Run], seed: int, count: int) -> None:
    st.subheader(_("The same test images through each"), anchor="reconstructions")
    name = runs[0].config.data.dataset
    same = _same_images(runs)
    try:
        data = loaders.dataset(name)
        for run in same:
            check_images(run.config.model, data)
    except UserError as error:
        show_note(
            _(
                "The images of {title} cannot be read on this machine, so there is "
                "nothing to reconstruct: {error}"
            ).format(title=title_of(name), error=error)
        )
        if known_spec(name):
            obtain.offer(name)
        return
    configs: list[RunConfig] = [run.config for run in same]
    split = images.choose_images(data, configs, count, seed)
    classes = [class_name(runs[0], label) for label in split.labels.tolist()]
    found = [
        Row(
            split.images.numpy(),
            _("Original"),
            "",
            _("Originals: {names}").format(names=", ".join(classes)),
        )
    ]
    known = str([config.data.classes for config in configs])
    for run in same:
        made = _reconstruction(run, version_with_data(run), (count, seed, known), split)
        words = [_("error {error} per pixel").format(error=numbers.number(made.mse))]
        if run.config.data.binarise != "none":
            words.append(_("sees them black and white"))
        if check_family(run.config.model.family).model.is_conditional:
            words.append(_("given the class"))
        found.append(
            Row(
                made.images,
                run.name,
                ", ".join(words),
                _("The same images through {name}").format(name=run.name),
            )
        )
    with takeable("compared-reconstructions", "compared-reconstructions"):
        st.html(rows(found))
    st.caption(
        _(
            "Each image is encoded to its code and decoded again, without noise. The "
            "error is the mean squared error of these {n} pictures alone."
        ).format(n=len(split.labels))
    )


def _samples(runs: Sequence[Run], seed: int, count: int) -> None:
    st.subheader(_("Samples of each"), anchor="samples")
    found = []
    for run in runs:
        drawn = _drawn(run, run.version, count, seed)
        found.append(
            Row(
                drawn,
                run.name,
                _("from {source}").format(source=_source(run)),
                _("Samples of {name}").format(name=run.name),
            )
        )
    with takeable("compared-samples", "compared-samples"):
        st.html(rows(found))
    st.caption(
        _(
            "All draw with the same seed: runs of the same latent size decode the same "
            "random numbers, each on its own scale."
        )
    )


@st.fragment
def same_pictures(runs: Sequence[Run]) -> None:
    """Show the same test images through each run, and samples of each."""
    begin_answer()
    seed, count = _seed_and_count()
    _reconstructions(runs, seed, count)
    _samples(runs, seed, count)


@st.cache_resource(max_entries=16, show_spinner=False)
def _holes(_run: Run, version: str) -> tuple[space.HoleMap, float]:
    model, codes = loaders.model(_run, version), loaders.test_codes(_run, version)
    share = space.draws_in_holes(model, codes)
    return space.hole_map(model, codes), share


@st.cache_resource(max_entries=16, show_spinner=False)
def _manifold_png(_run: Run, version: str) -> bytes:
    model, codes = loaders.model(_run, version), loaders.test_codes(_run, version)
    label = codes.choices[0] if codes.choices else None
    images = images_at(model, manifold(model, MANIFOLD), label)
    return sheet_bytes(images.reshape(-1, *images.shape[-3:]), MANIFOLD, most=TILE_PX, close=True)


def holes(runs: Sequence[Run]) -> None:
    """Show how full the space of each run is where random codes fall, and what they decode to."""
    st.subheader(_("Holes in the latent space"), anchor="holes")
    able: list[Run] = []
    larger: list[Run] = []
    for run in runs:
        kind = check_family(run.config.model.family).model
        flat = kind.is_continuous and run.config.model.latent_dim <= 2
        has_codes = flat and len(loaders.test_codes(run, run.version).labels) > 1
        (able if has_codes else larger).append(run)
    if larger:
        names = ", ".join(run.name for run in larger)
        st.caption(
            _(
                "Not shown for {names}: holes can be seen in a latent space of one or two "
                "dimensions. In more, every place is far from every other."
            ).format(names=names)
        )
    if not able:
        return
    priors = {check_family(run.config.model.family).model.has_prior for run in able}
    st.write(" ".join(_(words) for words in EXPLAINED[len(priors) > 1]))
    for run, column in zip(able, st.columns(max(2, len(able))), strict=False):
        with column:
            _hole_column(run)


def _hole_column(run: Run) -> None:
    found, share = _holes(run, run.version)
    st.markdown(f"**{run.name}**")
    st.markdown(
        _("**{share}** of {n} codes drawn from {source} fall into a hole.").format(
            share=numbers.percent(share, 1), n=numbers.count(DRAWS), source=_source(run)
        )
    )
    show_figure(
        figures.hole_map(*found),
        key=f"holes-{run.name}",
        name=f"{run.name}-holes",
        alt=_("How far each place of the latent space of {name} is from the test codes").format(
            name=run.name
        ),
    )
    caption = _("What it decodes to, at equal quantiles of what random codes are drawn from")
    with takeable(f"manifold-{run.name}", f"{run.name}-manifold"):
        st.image(_manifold_png(run, run.version), width="stretch", caption=caption, alt=caption)

"""The Reconstructions page's answers: the grid, the losses by class, the run's epochs."""

from functools import partial

import numpy as np
import streamlit as st
import torch

from vae.analysis.compare.terms import loss_unit
from vae.analysis.reconstructions import (
    ImageTerms,
    Indices,
    Measurement,
    by_class,
    choose,
    from_codes,
    reconstruct,
    sample_kind,
)
from vae.config import ModelConfig
from vae.data import Split
from vae.figures import reconstructions as figures
from vae.locale import N_, _, language, numbers
from vae.models import check_family
from vae.runs import PICTURES_FILE, Run
from vae.ui.reconstructions.controls import Choice, Decoded, SplitName, controls
from vae.ui.reconstructions.grid import Grid, grid_html
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.originals import class_name, class_names, originals, version_with_data
from vae.ui.shared.run.grids import epoch_grids, film
from vae.ui.shared.run.pictures import choose_epoch, picture_rows
from vae.ui.shared.shell import begin_answer
from vae.ui.shared.show import page_theme, show_figure, show_note, show_warning
from vae.ui.shared.take_away import takeable

SPLIT_TITLES: dict[SplitName, str] = {"test": N_("test"), "train": N_("training")}
MEASURED = 10_000
"""Images of a split that are measured unasked: a few seconds at most on one core."""

_CODES = {
    True: N_(
        "The encoder turns an image x into a distribution over codes z; the decoder draws an image "
        "from a code."
    ),
    False: N_(
        "The encoder turns an image x into a code z, a single point; the decoder draws an image "
        "from it."
    ),
}
_MEAN = N_(
    "The **reconstruction** x̂ is what the decoder gives as the mean of each pixel. It is blurry "
    "because z does not fix every detail: the mean averages over all that z leaves open."
)
_SAMPLES = {
    "Bernoulli": N_(
        "The **sample** draws each pixel black or white with probability x̂. It is noisy because "
        "pixels are drawn independently, while neighbouring pixels of a real image are alike."
    ),
    "Gaussian": N_(
        "The **sample** adds to each pixel the noise that the decoder expects. It is noisy because "
        "this noise is independent, while neighbouring pixels of a real image are alike."
    ),
    None: "",
}
_BERNOULLI_LOSS = N_(
    "For grey pixels the loss is a cross-entropy, which stays above 0 even where the image is "
    "drawn exactly."
)


def how_to_read(config: ModelConfig) -> str:
    """Say what the pictures and figures of a family are."""
    kind = check_family(config.family).model
    sample = sample_kind(config)
    if sample is not None:
        beneath = (
            _(
                "Below, in nats: the reconstruction **loss** −log p(x|z) and the **KL** of q(z|x) "
                "from the prior."
            )
            if kind.is_continuous
            else _(
                "Below, in nats: the reconstruction **loss** −log p(x|z) and the **KL**, here what "
                "the codes cost under the learned prior."
            )
        )
    else:
        beneath = _(
            "Below: the reconstruction **loss** ({unit}). There is no KL: the codes have no prior."
        ).format(unit=_(loss_unit(config).words))
    is_entropy = sample == "Bernoulli" or (sample is None and config.reconstruction == "bce")
    parts = (
        _("**How to read this.**"),
        _(_CODES[kind.is_continuous and kind.has_prior]),
        _(_MEAN),
        _(_SAMPLES[sample]),
        beneath,
        _(_BERNOULLI_LOSS) if is_entropy else "",
    )
    return " ".join(part for part in parts if part)


def _ways(run: Run) -> tuple[Decoded, ...]:
    kind = check_family(run.config.model.family).model
    return ("mu", "samples") if kind.has_prior and kind.is_continuous else ("mu",)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measurement(_run: Run, key: str, split: str) -> Measurement:
    return Measurement(loaders.model(_run, _run.version))


Where = tuple[str, Choice, tuple[int, ...]]
"""Images of a split: its title, what was chosen, and where they stand in it."""


@st.cache_resource(max_entries=64, show_spinner=False)
def _grid(_run: Run, key: str, spoken: str, _split: Split | None, where: Where) -> str:
    """Return the grid of images of a split, or of test codes without one: a few kB an image."""
    title, choice, indices = where
    model, at, images = loaders.model(_run, _run.version), torch.tensor(indices), None
    if _split is not None:
        labels, images = _split.labels[at], _split.images[at]
        found = reconstruct(model, images, samples=choice.samples, seed=choice.seed, labels=labels)
    else:
        codes = loaders.test_codes(_run, _run.version)
        mu, logvar, labels = codes.codes.mu[at], codes.codes.logvar, codes.labels[at]
        found = from_codes(
            model,
            mu,
            None if logvar is None else logvar[at],
            samples=choice.samples,
            seed=choice.seed,
            labels=labels,
        )
    names = [class_name(_run, label) for label in labels.tolist()]
    originals = None if images is None else images.numpy()
    return grid_html(Grid(title, indices, names, found, originals, _run.name, _run.config.model))


def _measure(run: Run, split_name: SplitName, split: Split, count: int) -> ImageTerms:
    """Return the terms of the first images of a split; say how far it is where that takes time."""
    place = st.empty()
    words = {
        "test": _("Measuring {n} test images …"),
        "train": _("Measuring {n} training images …"),
    }[split_name]

    def on_progress(done: int, total: int) -> None:
        place.progress(done / total, text=words.format(n=numbers.count(total)))

    terms = _measurement(run, version_with_data(run), split_name).terms(
        split.images, count, on_progress, split.labels
    )
    place.empty()
    return terms


def _among(measured: int, split: Split, name: SplitName) -> str:
    is_test = name == "test"
    if measured < len(split):
        words = (
            _("the first {measured} of {n} test images")
            if is_test
            else _("the first {measured} of {n} training images")
        )
    else:
        words = _("all {n} test images") if is_test else _("all {n} training images")
    return words.format(measured=numbers.count(measured), n=numbers.count(len(split)))


def _say_what_is_shown(choice: Choice, indices: Indices, among: str) -> None:
    what = {
        "drawn": _("{n} images drawn at random with seed {seed}."),
        "worst": _("The {n} greatest reconstruction losses among {among}."),
        "best": _("The {n} least reconstruction losses among {among}."),
    }[choice.order]
    how = (
        _("Decoded at the code of each image (mu).")
        if choice.samples is None
        else _(
            "Decoded at L = {samples} draws of z: the picture is the mean of the L decoded means, "
            "and the loss the average of the L losses −log p(x|z)."
        )
    )
    st.caption(
        f"{what} {how}".format(
            n=len(indices), seed=choice.seed, among=among, samples=choice.samples
        )
    )


@st.fragment
@errors_shown()
def comparison(run: Run) -> None:
    """Show images and their reconstructions, then the losses by class."""
    begin_answer()
    with st.spinner(_("Reading the images …")):
        found = originals(run)
    data = found.data
    if data is None:
        if not found.is_absent:
            show_warning(found.problem)
        _codes_only(run)
        return
    sizes = {"train": len(data.train), "test": len(data.test)}
    choice = controls(class_names(run), sizes, measured=MEASURED, ways=_ways(run))
    split = data.train if choice.split == "train" else data.test
    title = SPLIT_TITLES[choice.split]
    count = len(split) if choice.whole else min(MEASURED, len(split))
    among = _among(count, split, choice.split)
    if choice.label is not None:
        among = _("those of class {name} in {among}").format(
            name=class_name(run, choice.label), among=among
        )
    terms = None
    if choice.order != "drawn":
        terms = _measure(run, choice.split, split, count)
    indices = choose(
        split.labels.numpy(),
        None if terms is None else terms.recon_loss,
        label=choice.label,
        order=choice.order,
        count=choice.count,
        seed=choice.seed,
    )
    if not len(indices):
        st.info(_("There is none among {among}: choose another class.").format(among=among))
        return
    _say_what_is_shown(choice, indices, among)
    where = (title, choice, tuple(indices.tolist()))
    with takeable("reconstructions"):
        st.html(_grid(run, version_with_data(run), language(), split, where))
    st.markdown(how_to_read(run.config.model))
    if terms is None:
        terms = _measure(run, choice.split, split, count)
    _classes(run, split, terms, _among(count, split, choice.split))


def _codes_only(run: Run) -> None:
    """Show what can be told without the images: reconstructions of test images, from codes."""
    show_note(
        _(
            "Without the originals there are no errors and no losses to show: these are "
            "reconstructions of test images, from the codes that the run has kept."
        )
    )
    if not check_family(run.config.model.family).model.is_continuous:
        show_note(
            _(
                "The codes of {name} are discrete, and the run keeps only a summary of them: "
                "without the images there is nothing to reconstruct."
            ).format(name=run.name)
        )
        return
    labels = loaders.test_codes(run, run.version).labels.numpy()
    choice = controls(class_names(run), None, ways=_ways(run))
    indices = choose(labels, label=choice.label, count=choice.count, seed=choice.seed)
    if not len(indices):
        st.info(_("The run has kept no code of this class: choose another one."))
        return
    where = (SPLIT_TITLES["test"], choice, tuple(indices.tolist()))
    with takeable("reconstructions"):
        st.html(_grid(run, f"{run.version}-codes", language(), None, where))
    st.markdown(how_to_read(run.config.model))


def _classes(run: Run, split: Split, terms: ImageTerms, among: str) -> None:
    """Show the mean reconstruction loss of each class, and name the worst."""
    found = by_class(split.labels.numpy(), terms.recon_loss)
    key, unit = loss_unit(run.config.model)
    unit = _(unit)
    digits = "#.3g" if key == "mse" else ".1f"
    st.subheader(_("Loss by class"), anchor=False)
    chart, words = st.columns([2.2, 1], gap="large", vertical_alignment="center")
    with chart:
        show_figure(
            figures.class_bars(
                *found, [_(name) for name in class_names(run)], unit=unit, theme=page_theme()
            ),
            key=f"classes-{run.name}",
            alt=_("Mean reconstruction loss by class ({unit}) of {among}").format(
                unit=unit, among=among
            ),
        )
    order = np.argsort(found.mean)
    names = [class_name(run, label) for label in found.label.tolist()]
    worst, best = int(order[-1]), int(order[0])
    kl = _("n/a") if terms.kl is None else _("{mean:.1f} nats").format(mean=terms.kl.mean())
    words.markdown(
        _(
            "Over {among}, at their codes: reconstruction loss **{loss} {unit}**, KL **{kl}**."
        ).format(among=among, loss=f"{terms.recon_loss.mean():{digits}}", unit=unit, kl=kl)
    )
    if len(order) > 1:
        words.markdown(
            _(
                "The worst class is **{worst}** with {most} {unit}, the best **{best}** with "
                "{least}."
            ).format(
                worst=names[worst],
                most=f"{found.mean[worst]:{digits}}",
                unit=unit,
                best=names[best],
                least=f"{found.mean[best]:{digits}}",
            )
        )
    words.caption(
        _(
            "Bars are means, the thin lines one standard deviation between images up and "
            "down. A class costs more where its images have more ink, or differ in more "
            "ways than z can hold: look at its worst images above."
        )
    )


@st.fragment
@errors_shown()
def epochs(run: Run) -> None:
    """Play the reconstructions of the run's fixed images again, epoch by epoch."""
    begin_answer()
    st.subheader(_("The run's epochs"), anchor=False)
    if not (run.directory / PICTURES_FILE).exists():
        show_note(
            _(
                "This run has kept no pictures of its epochs. Train one of your own on the "
                "page Train: it keeps them by itself."
            )
        )
        return
    try:
        arrays = run.pictures()
        left, right = st.columns(2, gap="large")
        with left:
            epoch = choose_epoch(run, [int(e) for e in arrays["epochs"]], live=False)
        right.caption(
            _(
                "Ten test and ten training images, the same at each epoch, as the model drew "
                "them then. Watch when the classes part, and when single strokes do; and "
                "whether test images fare worse than training images."
            )
        )
        with takeable("epochs", gif=partial(film, np.asarray(arrays["test_recon"]))):
            left, right = st.columns(2, gap="large")
            picture_rows(run, arrays, epoch, (left, right, left))
        epoch_grids(run, arrays, loaders.stamp(run.directory / PICTURES_FILE))
    except (KeyError, IndexError, ValueError, TypeError):
        show_error(
            _(
                "The pictures by epoch of {name} are not whole: restore {PICTURES_FILE} from "
                "a copy, or train the run again."
            ).format(name=run.name, PICTURES_FILE=PICTURES_FILE)
        )

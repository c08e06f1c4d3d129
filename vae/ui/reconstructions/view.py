"""The Reconstructions page's answers: the grid, the losses by class, the run's epochs."""

from functools import partial

import numpy as np
import streamlit as st
import torch

from vae.analysis.compare import loss_unit
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
from vae.models import check_family
from vae.runs import PICTURES_FILE, Run
from vae.storage.pictures import gif_bytes, sheet, whole_factor
from vae.ui.reconstructions.controls import Choice, Decoded, SplitName, controls
from vae.ui.reconstructions.grid import Grid, grid_html
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.originals import class_name, class_names, originals, version_with_data
from vae.ui.shared.run.pictures import choose_epoch, picture_rows
from vae.ui.shared.shell import begin_answer
from vae.ui.shared.show import page_theme, show_figure, show_note, show_warning
from vae.ui.shared.take_away import takeable

SPLIT_TITLES: dict[SplitName, str] = {"test": "test", "train": "training"}
MEASURED = 10_000
"""Images of a split that are measured unasked: a few seconds at most on one core."""

_CODES = {
    True: "The encoder turns an image x into a small cloud of codes z; the decoder draws an image "
    "from a code.",
    False: "The encoder turns an image x into a code z, a single point; the decoder draws an image "
    "from it.",
}
_MEAN = (
    "The **reconstruction** x̂ is what the decoder gives as the mean of each pixel. It is blurry "
    "because z does not tell everything: the mean averages over all that z leaves open."
)
_SAMPLES = {
    "Bernoulli": "The **sample** tosses a coin for each pixel, black or white with probability x̂. "
    "It is noisy because the coins know nothing of one another, as neighbouring pixels of a real "
    "image do.",
    "Gaussian": "The **sample** adds to each pixel the noise that the decoder expects. It is noisy "
    "because the pixels' noise knows nothing of one another, as neighbouring pixels of a real "
    "image do.",
    None: "",
}
_BERNOULLI_LOSS = (
    "For grey pixels the loss is a cross-entropy, which stays above 0 even where the image is "
    "drawn exactly."
)


def how_to_read(config: ModelConfig) -> str:
    """Say what the pictures and figures of a family are."""
    kind = check_family(config.family).model
    sample = sample_kind(config)
    if sample is not None:
        beneath = "Beneath, in nats: the reconstruction **loss** −log p(x|z) and the **KL**"
        beneath += (
            " of the code's cloud from the prior."
            if kind.is_continuous
            else ", here what the codes cost under the learned prior."
        )
    else:
        beneath = (
            f"Beneath: the reconstruction **loss** ({loss_unit(config).words}). There is no KL: "
            "the codes have no prior."
        )
    is_entropy = sample == "Bernoulli" or (sample is None and config.reconstruction == "bce")
    parts = (
        "**How to read this.**",
        _CODES[kind.is_continuous and kind.has_prior],
        _MEAN,
        _SAMPLES[sample],
        beneath,
        _BERNOULLI_LOSS if is_entropy else "",
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
def _grid(_run: Run, key: str, _split: Split | None, where: Where) -> str:
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
    title = SPLIT_TITLES[split_name]

    def on_progress(done: int, total: int) -> None:
        place.progress(done / total, text=f"Measuring {total:,} {title} images …")

    terms = _measurement(run, version_with_data(run), split_name).terms(
        split.images, count, on_progress, split.labels
    )
    place.empty()
    return terms


def _among(measured: int, split: Split, title: str) -> str:
    if measured < len(split):
        return f"the first {measured:,} of {len(split):,} {title} images"
    return f"all {measured:,} {title} images"


def _say_what_is_shown(choice: Choice, indices: Indices, among: str) -> None:
    what = {
        "drawn": f"{len(indices)} images drawn at random with seed {choice.seed}",
        "worst": f"The {len(indices)} greatest reconstruction losses among {among}",
        "best": f"The {len(indices)} least reconstruction losses among {among}",
    }[choice.order]
    how = (
        "decoded at the code of each image (mu)."
        if choice.samples is None
        else f"decoded at L = {choice.samples} draws of z: the picture is the mean of the L "
        "decoded means, and the loss the average of the L losses −log p(x|z)."
    )
    st.caption(f"{what}, {how}")


@st.fragment
@errors_shown()
def comparison(run: Run) -> None:
    """Show images and their reconstructions, then the losses by class."""
    begin_answer()
    with st.spinner("Reading the images …"):
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
    among = _among(count, split, title)
    if choice.label is not None:
        among = f"those of class {class_name(run, choice.label)} in {among}"
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
        st.info(f"There is none among {among}: choose another class.")
        return
    _say_what_is_shown(choice, indices, among)
    where = (title, choice, tuple(indices.tolist()))
    with takeable("reconstructions"):
        st.html(_grid(run, version_with_data(run), split, where))
    st.markdown(how_to_read(run.config.model))
    if terms is None:
        terms = _measure(run, choice.split, split, count)
    _classes(run, split, terms, _among(count, split, title))


def _codes_only(run: Run) -> None:
    """Show what can be told without the images: reconstructions of test images, from codes."""
    show_note(
        "Without the originals there are no errors and no losses to show: these are "
        "reconstructions of test images, from the codes that the run has kept."
    )
    if not check_family(run.config.model.family).model.is_continuous:
        show_note(
            f"The codes of {run.name} are discrete, and the run keeps only a summary of them: "
            "without the images there is nothing to reconstruct."
        )
        return
    labels = loaders.test_codes(run, run.version).labels.numpy()
    choice = controls(class_names(run), None, ways=_ways(run))
    indices = choose(labels, label=choice.label, count=choice.count, seed=choice.seed)
    if not len(indices):
        st.info("The run has kept no code of this class: choose another one.")
        return
    where = (SPLIT_TITLES["test"], choice, tuple(indices.tolist()))
    with takeable("reconstructions"):
        st.html(_grid(run, f"{run.version}-codes", None, where))
    st.markdown(how_to_read(run.config.model))


def _classes(run: Run, split: Split, terms: ImageTerms, among: str) -> None:
    """Show the mean reconstruction loss of each class, and name the worst."""
    found = by_class(split.labels.numpy(), terms.recon_loss)
    key, unit = loss_unit(run.config.model)
    digits = "#.3g" if key == "mse" else ".1f"
    st.subheader("Loss by class", anchor=False)
    chart, words = st.columns([2.2, 1], gap="large", vertical_alignment="center")
    with chart:
        show_figure(
            figures.class_bars(*found, class_names(run), unit=unit, theme=page_theme()),
            key=f"classes-{run.name}",
            alt=f"Mean reconstruction loss by class ({unit}) of {among}",
        )
    order = np.argsort(found.mean)
    names = [class_name(run, label) for label in found.label.tolist()]
    worst, best = int(order[-1]), int(order[0])
    kl = "n/a" if terms.kl is None else f"{terms.kl.mean():.1f} nats"
    words.markdown(
        f"Over {among}, at their codes: reconstruction loss "
        f"**{terms.recon_loss.mean():{digits}} {unit}**, "
        f"KL **{kl}**."
    )
    if len(order) > 1:
        words.markdown(
            f"The worst class is **{names[worst]}** with {found.mean[worst]:{digits}} {unit}, "
            f"the best **{names[best]}** with {found.mean[best]:{digits}}."
        )
    words.caption(
        "Bars are means, the thin lines one standard deviation between images up and down. "
        "A class costs more where its images have more ink, or differ in more ways than z can "
        "tell: look at its worst images above."
    )


def _film(run: Run) -> bytes:
    """Return the test images of the run's epochs, one after the other."""
    found = run.pictures()["test_recon"].astype(np.uint8)
    factor = whole_factor(found.shape[-1], 112)
    sheets = np.stack([sheet(images, 5, gap=1) for images in found])
    return gif_bytes(sheets, frame_ms=400, factor=factor)


@st.fragment
@errors_shown()
def epochs(run: Run) -> None:
    """Play the reconstructions of the run's fixed images again, epoch by epoch."""
    begin_answer()
    st.subheader("The run's epochs", anchor=False)
    if not (run.directory / PICTURES_FILE).exists():
        show_note(
            "This run has kept no pictures of its epochs. Train one of your own on the page "
            "Train: it keeps them by itself."
        )
        return
    try:
        arrays = run.pictures()
        left, right = st.columns(2, gap="large")
        with left:
            epoch = choose_epoch(run, [int(e) for e in arrays["epochs"]], live=False)
        right.caption(
            "Ten test and ten training images, the same at each epoch, as the model drew them "
            "then. Watch when the classes part, and when single strokes do; and whether test "
            "images fare worse than training images."
        )
        with takeable("epochs", gif=partial(_film, run)):
            left, right = st.columns(2, gap="large")
            picture_rows(run, arrays, epoch, (left, right, left))
    except (KeyError, IndexError, ValueError, TypeError):
        show_error(
            f"The pictures by epoch of {run.name} are not whole: restore "
            f"{PICTURES_FILE} from a copy, or train the run again."
        )

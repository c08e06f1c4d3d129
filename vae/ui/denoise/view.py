"""The Denoise page: test images corrupted on demand, and what the model makes of them."""

import math
from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from vae.analysis.denoise import Cleaned, Curve, choose, clean, curve
from vae.analysis.generate import Levels
from vae.config import CORRUPTIONS, ModelConfig, help_text, parse_corruption
from vae.data import ImageData
from vae.figures import denoise as figures
from vae.models import FAMILIES, LatentModel, check_family
from vae.runs import Run
from vae.storage.pictures import to_uint8, whole_factor
from vae.ui.shared import loaders, obtain
from vae.ui.shared.controls import Controls
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.html import render
from vae.ui.shared.originals import are_here, class_name, originals, version_with_data
from vae.ui.shared.show import show_figure, show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Tile
from vae.ui.shared.train_proposal import Proposal, offer_training

COUNTS = (4, 20)
PASSES = (1, 5)
_STEP = 0.05
_BEST = "denoising-ae"
_UNITS = {"gaussian": "standard deviation of the noise"}
_SHARE = "share of the pixels"

controls = Controls("denoise")


_SIDE = 112
_LEAST_SIDE = 88


def decibels(value: float) -> str:
    """Write a ratio: ``12.3 dB``; without a noise it has no end."""
    return "∞ dB" if math.isinf(value) else f"{value:.1f} dB"


def signed(value: float) -> str:
    """Write a gain with its sign: ``+7.2 dB``."""
    return f"{value:+.1f} dB".replace("-", "−")


def cards(originals: Levels, found: Cleaned, names: Sequence[str]) -> Markup:
    """Return each image above its corrupted and its cleaned copy, with their ratios.

    ``originals`` are ``(n, C, H, W)``; ``names`` say what each shows.
    """
    corrupted, cleaned = to_uint8(found.corrupted), to_uint8(found.cleaned)
    side = originals.shape[-1] * whole_factor(originals.shape[-1], _SIDE)
    shown = []
    for place, name in enumerate(names):
        before, after = float(found.gains.before[place]), float(found.gains.after[place])
        gain = signed(after - before) if math.isfinite(after - before) else ""
        caption = render("denoise", "caption", f"cleaned {decibels(after)}", gain)
        shown.append(
            (
                Tile(originals[place], f"Original: {name}", f"original: {name}"),
                Tile(corrupted[place], f"Corrupted: {name}", f"corrupted {decibels(before)}"),
                Tile(cleaned[place], f"Cleaned: {name}", caption),
            )
        )
    return render("denoise", "cards", shown, max(side, _LEAST_SIDE))


def _show_controls(config: ModelConfig) -> tuple[str, int, int, int]:
    """Show the controls; return the corruption, the seed, how many images and passes."""
    usual = parse_corruption(config.corruption)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = controls.pick(
            "Corruption",
            "denoise_kind",
            list(CORRUPTIONS),
            usual.kind,
            help=help_text(ModelConfig, "corruption"),
            width=170,
        )
        most = CORRUPTIONS[kind]
        amount = controls.real(
            "Amount",
            f"denoise_{kind}",
            _STEP,
            most,
            usual.amount if kind == usual.kind else most / 4,
            _STEP,
            help=f"The {_UNITS.get(kind, _SHARE)}.",
            width=300,
        )
        seed = controls.seed(
            "denoise_seed",
            help="Draws the images and the noise. The same seed corrupts the same images alike.",
            again=False,
            width=140,
        )
        count = controls.whole("Images", "denoise_count", *COUNTS, 10, slider=True, width=170)
        passes = controls.whole(
            "Passes",
            "denoise_passes",
            *PASSES,
            1,
            slider=True,
            help="How often the model draws: each pass is given the answer of the one before.",
            width=150,
        )
    return f"{kind}:{amount:g}", seed, count, passes


def verdict(found: Cleaned) -> None:
    """Say in words what the cleaning has done to the images that are shown."""
    gains, count = found.gains, len(found.gains.before)
    same = count - int(gains.changed.sum())
    spared = (
        f" {same} of the {count} were left as they were: their ratio is infinite (∞), and they are "
        "not in the means."
        if same
        else ""
    )
    if same == count:
        show_note(
            "This corruption changed no pixel of these images, so there is nothing to clean: "
            "choose a larger amount."
        )
        return
    change = f"{decibels(gains.mean_before)} before, {decibels(gains.mean_after)} after"
    if gains.gain < 0:
        st.warning(
            f"**Cleaning makes these images worse**: {change}, {signed(gains.gain)}. The model "
            f"cannot draw all that the noise has left.{spared}",
            icon=":material/trending_down:",
        )
        return
    some = f" {gains.worse} of the {count} images became worse." if gains.worse else ""
    st.markdown(
        f"Mean of these images: {change}, **{signed(gains.gain)}**.{some}{spared}",
    )


@st.cache_resource(max_entries=64, show_spinner="Corrupting and cleaning at every amount …")
def _curve(_run: Run, key: str, kind: str, passes: int, _data: ImageData) -> Curve:
    return curve(loaders.model(_run, _run.version), _data.test, kind, passes=passes)


def curve_words(found: Curve) -> str:
    """Say from which amount on cleaning helps, and what bounds it."""
    start = found.helps_from()
    helps = (
        "At none of these amounts does cleaning bring the images nearer to the originals."
        if start is None
        else "Cleaning helps at every one of these amounts."
        if start == found.amounts[0]
        else f"Cleaning helps from about {start:g} on: below that it takes more than the noise did."
    )
    best = (
        ""
        if math.isinf(found.clean)
        else f" Even a clean image comes back at {found.clean:.1f} dB only, as the code does not "
        "hold all of it: that is about the best this model can do."
    )
    return helps + best


def _against_amount(run: Run, data: ImageData, corruption: str, passes: int) -> None:
    kind, amount = parse_corruption(corruption)
    found = _curve(run, version_with_data(run), kind, passes, data)
    st.subheader("Against the amount", anchor="amount")
    st.markdown(curve_words(found))
    unit = f"{kind}: {_UNITS.get(kind, _SHARE)}"
    show_figure(
        figures.cleaning_curve(
            found.amounts, found.before, found.after, found.clean, amount, unit=unit
        ),
        key="denoise-curve",
        alt=f"Mean PSNR before and after cleaning, against the amount of {kind} corruption",
    )
    st.caption(
        f"Means over {found.images} test images, the same for each amount. PSNR is 10 log₁₀(1 / "
        "mean squared error) in decibels, for pixels from 0 to 1: 10 dB more is a tenth of the "
        "error. It is averaged over the images that the corruption has changed."
    )


def _trained_for(run: Run, corruption: str) -> None:
    """Say what the model was trained to clean, and which one would be best at this."""
    config = run.config
    own = config.model.corruption if check_family(config.model.family).model.corrupts else None
    if own is not None and parse_corruption(own) == parse_corruption(corruption):
        st.caption(f"{run.name} was trained to clean just this: {own}.")
        return
    why = (
        f"{run.name} was trained to clean {own}."
        if own
        else f"{run.name} has only seen clean images: what it cleans, it does because its code has "
        "no room for noise."
    )
    st.subheader("A model made for it", anchor="made-for-it")
    st.markdown(
        f"{why} Best at {corruption} is a {FAMILIES[_BEST].title.lower()} that was trained on "
        "this very corruption."
    )
    _others(run)
    kind, amount = parse_corruption(corruption)
    data = config.data
    classes = "" if data.classes is None else f" --classes {','.join(map(str, data.classes))}"
    settings = {
        "classes": list(data.classes or ()),
        "corruption_kind": kind,
        "corruption_amount": amount,
    }
    offer_training(
        f"Train one on {corruption}",
        f"python -m vae train --family {_BEST} --dataset {data.dataset}{classes} --latent-dim 32 "
        f"--corruption {corruption}",
        Proposal("denoising", data.dataset, settings),
    )


def _others(run: Run) -> None:
    """Link to runs that were trained to clean the same images."""
    for other in loaders.shown_runs():
        theirs = other.config
        alike = theirs.data.dataset == run.config.data.dataset and other.name != run.name
        if alike and theirs.model.family == _BEST:
            st.page_link(
                "pages/denoise.py",
                label=f"{other.name}, trained on {theirs.model.corruption}",
                icon=":material/cleaning_services:",
                query_params={"run": other.name},
            )


def _load(run: Run) -> tuple[LatentModel, ImageData] | None:
    """Return a run's model and images; say what is missing where one is not here."""
    name = run.config.data.dataset
    model = loaders.model(run, run.version)
    if not are_here(name):
        st.write("There are no images to corrupt and to clean yet.")
        obtain.offer(name)
        return None
    found = originals(run)
    if found.data is None:
        show_error(found.problem)
        return None
    return model, found.data


@st.fragment
@errors_shown()
def view(run: Run) -> None:
    """Show the page for a run; a control reruns only this part of it."""
    found = _load(run)
    if found is None:
        return
    model, data = found
    corruption, seed, count, passes = _show_controls(run.config.model)
    split = choose(data.test, count, seed)
    made = clean(model, split, corruption, seed, passes)
    verdict(made)
    names = [class_name(run, label) for label in split.labels.tolist()]
    with takeable("denoised"):
        st.html(cards(split.images.numpy(), made, names))
    labels = " It is told the class of each image." if model.is_conditional else ""
    st.caption(
        f"Test images. The model sees the corrupted image alone; what its code decodes to is the "
        f"cleaned one.{labels}"
    )
    _against_amount(run, data, corruption, passes)
    _trained_for(run, corruption)

"""The Denoise page: test images corrupted on demand, and what the model makes of them."""

import math
from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from vae.analysis.denoise import Cleaned, Curve, choose, clean, curve
from vae.analysis.generate import Levels
from vae.config import CORRUPTIONS, DataConfig, ModelConfig, help_text, parse_corruption
from vae.data import ImageData
from vae.figures import denoise as figures
from vae.locale import N_, _, ngettext
from vae.models import FAMILIES, LatentModel, check_family
from vae.runs import Run
from vae.runs.titles import title
from vae.storage.pictures import to_uint8, whole_factor
from vae.ui.shared import loaders, obtain
from vae.ui.shared.controls import Controls
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.html import render
from vae.ui.shared.originals import are_here, class_name, originals, version_with_data
from vae.ui.shared.show import show_figure, show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Tile
from vae.ui.shared.train_proposal import Proposal, lead_to_training, offer_training

COUNTS = (4, 20)
PASSES = (1, 5)
_STEP = 0.05
_BEST = "denoising-ae"
_UNITS = {"gaussian": N_("standard deviation of the noise")}
_SHARE = N_("share of the pixels")
_KINDS = {
    "gaussian": N_("gaussian"),
    "salt-pepper": N_("salt-pepper"),
    "mask": N_("mask"),
}

controls = Controls("denoise")


_SIDE = 112
_LEAST_SIDE = 88


def decibels(value: float) -> str:
    """Write a ratio: ``12.3 dB``; without a noise it has no end."""
    return _("∞ dB") if math.isinf(value) else _("{value:.1f} dB").format(value=value)


def signed(value: float) -> str:
    """Write a gain with its sign: ``+7.2 dB``."""
    return _("{value:+.1f} dB").format(value=value).replace("-", "−")


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
        caption = render(
            "denoise", "caption", _("cleaned {ratio}").format(ratio=decibels(after)), gain
        )
        shown.append(
            (
                Tile(
                    originals[place],
                    _("Original: {name}").format(name=name),
                    _("original: {name}").format(name=name),
                ),
                Tile(
                    corrupted[place],
                    _("Corrupted: {name}").format(name=name),
                    _("corrupted {ratio}").format(ratio=decibels(before)),
                ),
                Tile(cleaned[place], _("Cleaned: {name}").format(name=name), caption),
            )
        )
    return render("denoise", "cards", shown, max(side, _LEAST_SIDE))


def _show_controls(config: ModelConfig) -> tuple[str, int, int, int]:
    """Show the controls; return the corruption, the seed, how many images and passes."""
    usual = parse_corruption(config.corruption)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = controls.pick(
            _("Corruption"),
            "denoise_kind",
            list(CORRUPTIONS),
            usual.kind,
            titles=lambda kind: _(_KINDS.get(kind, kind)),
            help=help_text(ModelConfig, "corruption"),
            width=170,
        )
        most = CORRUPTIONS[kind]
        amount = controls.real(
            _("Amount"),
            f"denoise_{kind}",
            _STEP,
            most,
            usual.amount if kind == usual.kind else most / 4,
            _STEP,
            help=_("The standard deviation of the noise.")
            if kind in _UNITS
            else _("The share of the pixels."),
            width=300,
        )
        seed = controls.seed(
            "denoise_seed",
            help=_("Draws the images and the noise. The same seed corrupts the same images alike."),
            again=False,
            width=140,
        )
        count = controls.whole(_("Images"), "denoise_count", *COUNTS, 10, slider=True, width=170)
        passes = controls.whole(
            _("Passes"),
            "denoise_passes",
            *PASSES,
            1,
            slider=True,
            help=_("How often the model draws: each pass takes the output of the one before."),
            width=150,
        )
    return f"{kind}:{amount:g}", seed, count, passes


def verdict(found: Cleaned) -> None:
    """Say in words what the cleaning has done to the images that are shown."""
    gains, count = found.gains, len(found.gains.before)
    same = count - int(gains.changed.sum())
    spared = (
        [
            _(
                "{same} of the {n} were left as they were: their ratio is infinite (∞), and they "
                "are not in the means."
            ).format(same=same, n=count)
        ]
        if same
        else []
    )
    if same == count:
        show_note(
            _(
                "This corruption changed no pixel of these images, so there is nothing to "
                "clean: choose a larger amount."
            )
        )
        return
    values = {
        "before": decibels(gains.mean_before),
        "after": decibels(gains.mean_after),
        "gain": signed(gains.gain),
    }
    if gains.gain < 0:
        words = _(
            "**Cleaning makes these images worse**: {before} before, {after} after, {gain}. The "
            "model cannot draw all that the noise has left."
        ).format(**values)
        st.warning(
            " ".join([words, *spared]),
            icon=":material/trending_down:",
        )
        return
    words = _("Mean of these images: {before} before, {after} after, **{gain}**.")
    some = []
    if gains.worse:
        some.append(
            ngettext(
                "{n} of the {count} images became worse.",
                "{n} of the {count} images became worse.",
                gains.worse,
            ).format(n=gains.worse, count=count)
        )
    st.markdown(" ".join([words.format(**values), *some, *spared]))


@st.cache_resource(max_entries=64, show_spinner=False)
def _curve(_run: Run, key: str, kind: str, passes: int, _data: ImageData) -> Curve:
    return curve(loaders.model(_run, _run.version), _data.test, kind, passes=passes)


def curve_words(found: Curve) -> str:
    """Say from which amount on cleaning helps, and what bounds it."""
    start = found.helps_from()
    helps = (
        _("At none of these amounts does cleaning bring the images nearer to the originals.")
        if start is None
        else _("Cleaning helps at every one of these amounts.")
        if start == found.amounts[0]
        else _(
            "Cleaning helps from about {start:g} on: below that it takes more than the noise did."
        ).format(start=start)
    )
    if math.isinf(found.clean):
        return helps
    best = _(
        "Even a clean image comes back at {ratio} only, as the code does not hold all of it: that "
        "is about the best this model can do."
    ).format(ratio=decibels(found.clean))
    return f"{helps} {best}"


def _against_amount(run: Run, data: ImageData, corruption: str, passes: int) -> None:
    kind, amount = parse_corruption(corruption)
    with st.spinner(_("Corrupting and cleaning at every amount …")):
        found = _curve(run, version_with_data(run), kind, passes, data)
    st.subheader(_("Against the amount"), anchor="amount")
    st.markdown(curve_words(found))
    unit = f"{_(_KINDS.get(kind, kind))}: {_(_UNITS.get(kind, _SHARE))}"
    show_figure(
        figures.cleaning_curve(
            found.amounts, found.before, found.after, found.clean, amount, unit=unit
        ),
        key="denoise-curve",
        alt=_(
            "Mean PSNR before and after cleaning, against the amount of {kind} corruption"
        ).format(kind=kind),
    )
    st.caption(
        _(
            "Means over {images} test images, the same for each amount. PSNR is 10 "
            "log₁₀(1 / mean squared error) in decibels, for pixels from 0 to 1: 10 dB "
            "more is a tenth of the error. It is averaged over the images that the "
            "corruption has changed."
        ).format(images=found.images)
    )


def _trained_for(run: Run, corruption: str) -> None:
    """Say what the model was trained to clean, and which one would be best at this."""
    config, name = run.config, title(run)
    own = config.model.corruption if check_family(config.model.family).model.corrupts else None
    if own is not None and parse_corruption(own) == parse_corruption(corruption):
        st.caption(_("{name} was trained to clean just this: {own}.").format(name=name, own=own))
        return
    words = _("Best at {corruption} is a {title} that was trained on this very corruption.").format(
        corruption=corruption, title=_(FAMILIES[_BEST].title).lower()
    )
    st.subheader(_("A model made for it"), anchor="made-for-it")
    if own is None:
        st.markdown(words)
    else:
        st.markdown(
            _("{name} was trained to clean {own}.").format(name=name, own=own) + " " + words
        )
        _others(run)
    data = config.data
    classes = (
        ""
        if data.classes is None
        else _(" --classes {n}").format(n=",".join(map(str, data.classes)))
    )
    offer_training(
        _("Train one on {corruption}").format(corruption=corruption),
        f"python -m vae train --family {_BEST} --dataset {data.dataset}{classes} --latent-dim 32 "
        f"--corruption {corruption}",
        _proposal(data, corruption),
    )


def _proposal(data: DataConfig, corruption: str) -> Proposal:
    """Return how to train a model on the same images that is made for a corruption."""
    kind, amount = parse_corruption(corruption)
    settings = {
        "classes": list(data.classes or ()),
        "corruption_kind": kind,
        "corruption_amount": amount,
    }
    return Proposal("denoising", data.dataset, settings)


def _others(run: Run) -> bool:
    """Link to runs that were trained to clean the same images; return whether there are any."""
    found = False
    for other in loaders.shown_runs():
        theirs = other.config
        alike = theirs.data.dataset == run.config.data.dataset and other.name != run.name
        if alike and theirs.model.family == _BEST:
            found = True
            st.page_link(
                "pages/denoise.py",
                label=_("{name}, trained on {corruption}").format(
                    name=title(other), corruption=theirs.model.corruption
                ),
                icon=":material/cleaning_services:",
                query_params={"run": other.name},
            )
    return found


def is_made_for_it(run: Run) -> bool:
    """Whether a run was trained to clean images, and they are here."""
    config = run.config
    return check_family(config.model.family).model.corrupts and are_here(config.data.dataset)


def _introduction(run: Run, model: LatentModel) -> None:
    """Say what the page shows, and where a model was not made for it."""
    words = _(
        "Test images are corrupted; the model sees the corrupted ones alone, and what their codes "
        "decode to is the cleaned image."
    )
    if model.is_conditional:
        words += " " + _("It is given the class of each image.")
    st.caption(words)
    if not model.corrupts:
        show_note(
            _(
                "This model was trained on clean images only: it removes noise only as far as its "
                "code has no room for it, and may change what is drawn."
            )
        )
        if not _others(run):
            usual = _proposal(run.config.data, run.config.model.corruption)
            lead_to_training(_("Train a model that removes noise"), usual)


def _load(run: Run) -> tuple[LatentModel, ImageData] | None:
    """Return a run's model and images; say what is missing where one is not here."""
    name = run.config.data.dataset
    model = loaders.model(run, run.version)
    if not are_here(name):
        st.write(_("There are no images to corrupt and to clean yet."))
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
    _introduction(run, model)
    corruption, seed, count, passes = _show_controls(run.config.model)
    split = choose(data.test, count, seed)
    made = clean(model, split, corruption, seed, passes)
    verdict(made)
    names = [class_name(run, label) for label in split.labels.tolist()]
    with takeable("denoised"):
        st.html(cards(split.images.numpy(), made, names))
    _against_amount(run, data, corruption, passes)
    _trained_for(run, corruption)

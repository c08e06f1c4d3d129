"""The Detect page: scores of known and unknown test images, and what a threshold detects."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from markupsafe import Markup
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from vae.analysis import detect, thresholds
from vae.analysis.compare.terms import loss_unit
from vae.analysis.detect import SAMPLES, SCORES, OODSplit, Scores
from vae.analysis.generate import Levels
from vae.analysis.thresholds import Outcome, Roc
from vae.config import RunConfig
from vae.data import spec_of, status
from vae.figures import detect as figures_detect
from vae.figures.detect import KNOWN_COLOUR, UNKNOWN_COLOUR
from vae.locale import N_, _, language, numbers
from vae.models import check_family
from vae.runs import Run
from vae.storage.pictures import sheet, to_uint8
from vae.training.metrics import EVAL_SEED
from vae.ui.shared import loaders, obtain
from vae.ui.shared.controls import Controls
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.html import render
from vae.ui.shared.originals import are_here
from vae.ui.shared.show import show_figure, show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Tile, strip
from vae.ui.shared.train_proposal import Proposal, offer_training

controls = Controls("detect")

EXAMPLES = 10
_STEPS = 400
_KINDS = {
    "false_negatives": (N_("Missed: low loss"), N_("the unknown images with the lowest scores")),
    "false_positives": (N_("Flagged: high loss"), N_("the known images with the highest scores")),
    "highest": (N_("Highest scores"), N_("the images least like those of the training")),
}


class Scored(NamedTuple):
    """Test images of known and unknown kinds, and their scores."""

    split: OODSplit
    scores: Scores
    rocs: dict[str, Roc]


def counts_table(found: Outcome) -> Markup:
    """Return what a threshold does to the known and to the unknown images."""
    hits, misses = found.true_positives, found.false_negatives
    alarms, rest = found.false_positives, found.true_negatives
    rows = []
    for name, colour, cells in (
        (
            _("unknown"),
            UNKNOWN_COLOUR,
            ((hits, _("true positives")), (misses, _("false negatives"))),
        ),
        (_("known"), KNOWN_COLOUR, ((alarms, _("false positives")), (rest, _("true negatives")))),
    ):
        total = sum(count for count, _words in cells)
        shown = [(numbers.count(n), words, numbers.percent(n / total, 1)) for n, words in cells]
        rows.append((name, colour, numbers.count(total), shown))
    return render("detect", "counts", rows)


def pairs(originals: Levels, drawn: Levels, names: Sequence[str], scores: Sequence[str]) -> Markup:
    """Return images ``(n, C, H, W)``, each above what the model makes of it."""
    joined = [sheet(np.stack(pair), 1, gap=1) for pair in zip(originals, drawn, strict=True)]
    return strip(
        [
            Tile(
                both,
                _("{name}, score {score}: the image above its reconstruction").format(
                    name=name, score=score
                ),
                f"{name} · {score}",
            )
            for both, name, score in zip(joined, names, scores, strict=True)
        ]
    )


@st.cache_resource(max_entries=6, show_spinner=False)
def _found(
    _run: Run, version: str, spoken: str, against: str, data_versions: tuple[str, ...]
) -> Scored:
    config = _run.config
    split = detect.ood_split(config, against)
    scores = detect.examine(loaders.model(_run, version), config, split)
    rocs = {name: thresholds.roc(values, split.known) for name, values in scores.values.items()}
    return Scored(split, scores, rocs)


def _train_on_one(config: RunConfig) -> None:
    """Offer to train a model that leaves classes unknown."""
    spec = spec_of(config.data.dataset)
    chosen = st.selectbox(
        _("The one class to know"),
        range(len(spec.class_names)),
        index=min(1, len(spec.class_names) - 1),
        format_func=spec.class_name,
        key=f"detect-class-{spec.name}",
        width=240,
    )
    offer_training(
        _("Train on {class_name} alone").format(class_name=spec.class_name(chosen)),
        detect.training_command(spec.name, chosen),
        Proposal("mnist", spec.name, {"classes": [chosen], **detect.ONE_CLASS}),
    )


def _pick_unknown(run: Run, place: DeltaGenerator) -> str | None:
    """Let the user choose what is unknown; None where nothing can be, or it is not here."""
    config = run.config
    found = detect.ood_sets(config)
    if not found:
        show_note(detect.why_not(run))
        return None
    with place:
        against = controls.pick(
            _("Unknown images"),
            "detect_against",
            list(found),
            # What is here comes first: a page does not begin with a download.
            next((name for name in found if name == detect.REST or status(name).ready), None),
            titles=found,
            help=_("Out-of-distribution images: of a kind that the model was not trained on."),
            width=340,
        )
    if against != detect.REST and not status(against).ready:
        obtain.offer(against)
        return None
    return against


def _threshold(run: Run, against: str, name: str, found: Scored) -> float:
    """Let the user choose a score above which an image counts as unknown."""
    values, known = found.scores.values[name], found.split.known
    low, high = figures_detect.threshold_range(values[known], values[~known])
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS))
    decimals = max(0, -math.floor(math.log10(step)))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    usual = round(thresholds.usual_threshold(values, known), decimals)
    return st.slider(
        _("Threshold on the reconstruction loss")
        if name == "recon_loss"
        else _("Threshold on the negative ELBO"),
        float(low),
        float(high),
        float(min(max(usual, low), high)),
        step,
        format=f"%.{decimals}f",
        help=_(
            "An image that scores above it counts as unknown. At first {share} of the known images "
            "score below it."
        ).format(share=numbers.percent(thresholds.USUAL_PASS)),
        key=f"detect-threshold-{run.name}-{against}-{name}",
    )


def _words(found: Scored, name: str) -> str:
    auc = found.rocs[name].auc
    text = _(
        "An unknown image ({unknown_title}) scores above a known one ({known_title}) "
        "**{auc}** of the time: that is the AUC, {auc2}."
    ).format(
        unknown_title=found.split.unknown_title,
        known_title=found.split.known_title,
        auc=numbers.percent(auc, 1),
        auc2=numbers.number(auc),
    )
    if auc < 0.5:
        text += " " + _(
            "That is worse than guessing: these unknown images have a lower loss than those the "
            "model was trained on. A score measures the loss of an image, not how new it is: plain "
            "images with little ink have a low loss under every model."
        )
    return text


def _scales(run: Run, found: Scored, name: str, threshold: float) -> None:
    """Show the scores of both kinds, and the curves of all thresholds."""
    unit, known = _(loss_unit(run.config.model).words), found.split.known
    available = [score for score in SCORES if score in found.scores.values]
    columns = st.columns(len(available) + 1)
    for score, column in zip(available, columns, strict=False):
        values = found.scores.values[score]
        with column:
            st.markdown(f"**{_(SCORES[score])}**")
            show_figure(
                figures_detect.score_histogram(
                    values[known], values[~known], threshold if score == name else None, unit=unit
                ),
                key=f"detect-scores-{score}",
                alt=_("{value} of known and of unknown images").format(value=_(SCORES[score])),
            )
    outcome = thresholds.outcome(found.scores.values[name], known, threshold)
    curves = [
        figures_detect.RocCurve(
            _("{value}, AUC {auc}").format(value=_(SCORES[score]), auc=numbers.number(curve.auc)),
            curve.false_positive_rate,
            curve.true_positive_rate,
        )
        for score, curve in found.rocs.items()
    ]
    with columns[-1]:
        st.markdown(_("**ROC: every threshold**"))
        show_figure(
            figures_detect.roc_curves(
                curves, (outcome.false_positive_rate, outcome.true_positive_rate), height=400
            ),
            key="detect-roc",
            alt=_("True positive rate against false positive rate"),
        )


@st.cache_resource(max_entries=64, show_spinner=False)
def _drawn(
    _run: Run,
    version: str,
    against: str,
    kind: str,
    indices: tuple[int, ...],
    _images: Tensor,
    _labels: NDArray[np.int64] | None,
) -> Levels:
    return to_uint8(detect.reconstruct(loaders.model(_run, version), _images, _labels))


def _pictures(run: Run, against: str, found: Scored, name: str, threshold: float) -> None:
    """Show the images that tell most, each above what the model makes of it."""
    split, scores = found.split, found.scores
    values = scores.values[name]
    st.subheader(_("Where it goes wrong"), anchor="wrong")
    st.caption(_("Each image above its reconstruction, with its class and its score."))
    chosen = thresholds.examples(values, split.known, threshold, EXAMPLES)
    for kind, (title, words) in _KINDS.items():
        indices = chosen[kind]
        found_words = (
            _("**{kind}**: {words}") if indices else _("**{kind}**: none at this threshold")
        )
        st.markdown(found_words.format(kind=_(title), words=_(words)))
        if not indices:
            continue
        images = split.images[indices]
        labels = None if scores.labels is None else scores.labels[indices]
        drawn = _drawn(run, run.version, against, kind, tuple(indices), images, labels)
        with takeable(f"detect-{kind}"):
            st.html(
                pairs(
                    images.numpy(),
                    drawn,
                    [split.group(index) for index in indices],
                    [numbers.number(values[index]) for index in indices],
                )
            )


def _kinds(run: Run, found: Scored, name: str, threshold: float) -> None:
    st.subheader(_("Class by class"), anchor="classes")
    st.caption(
        _(
            "Mean score of each class, and the threshold as a dashed line. A class has a low score "
            "where its images have little ink or look alike, not only where it is known."
        )
    )
    kinds = detect.group_means(found.split, found.scores.values[name])
    show_figure(
        figures_detect.group_bars(
            [kind.name for kind in kinds],
            [kind.mean for kind in kinds],
            [kind.images for kind in kinds],
            [kind.is_known for kind in kinds],
            threshold,
            unit=_("mean score, {unit}").format(unit=_(loss_unit(run.config.model).words)),
        ),
        key="detect-kinds",
        alt=_("Mean score of each class: {score}").format(score=_(SCORES[name])),
    )


def _how(run: Run, found: Scored) -> None:
    config = run.config
    kind = check_family(config.model.family).model
    known = int(found.split.known.sum())
    parts = [
        _(
            "Test images: {known} known, {unknown} unknown. The reconstruction loss is that of the "
            "decode of the code mu, without noise. The highest hundredth may lie beyond a "
            "histogram, in its last bar."
        ).format(
            known=numbers.count(known),
            unknown=numbers.count(len(found.split.known) - known),
        )
    ]
    reason = detect.why_no_elbo(config.model.family)
    if reason is not None:
        parts.append(_("Negative ELBO: n/a. {reason}").format(reason=_(reason)))
    elif kind.is_continuous:
        parts.append(
            _(
                "The negative ELBO is reconstruction + KL, averaged over {SAMPLES} samples "
                "of z with fixed noise (seed {EVAL_SEED})."
            ).format(SAMPLES=SAMPLES, EVAL_SEED=EVAL_SEED)
        )
    else:
        parts.append(
            _(
                "The negative ELBO is reconstruction + the cost of the codes under the prior "
                "that was learned; the codes have no noise."
            )
        )
    if found.scores.labels is not None:
        parts.append(
            _(
                "This model is conditional, and no class is given here: every label that it "
                "knows is tried, and the one of the lowest reconstruction loss is taken for "
                "both scores."
            )
        )
    if loss_unit(config.model).key == "nats" and config.data.binarise == "none":
        parts.append(_("On grey pixels these nats are a cross-entropy, no likelihood."))
    st.caption(" ".join(parts))


def _answer(run: Run, against: str, place: DeltaGenerator) -> None:
    other = [] if against == detect.REST else [against]
    versions = tuple(spec_of(name).version for name in [run.config.data.dataset, *other])
    with st.spinner(_("Scoring the test images …")):
        found = _found(run, run.version, language(), against, versions)
    available = [score for score in SCORES if score in found.scores.values]
    name = available[0]
    if len(available) > 1:
        with place:
            name = controls.pick(
                _("Score"),
                "detect_score",
                available,
                titles={key: _(title) for key, title in SCORES.items()},
                segmented=True,
            )
    st.markdown(_words(found, name))
    left, right = st.columns([1.3, 1], gap="large", vertical_alignment="center")
    with left:
        threshold = _threshold(run, against, name, found)
    values, known = found.scores.values[name], found.split.known
    right.html(counts_table(thresholds.outcome(values, known, threshold)))
    _scales(run, found, name, threshold)
    _how(run, found)
    _pictures(run, against, found, name, threshold)
    _kinds(run, found, name, threshold)


def leaves_classes(run: Run) -> bool:
    """Whether a run was trained on some classes of images that are here: the others are the test.

    Harder than another data set, which a low loss alone tells apart.
    """
    data = run.config.data
    return data.classes is not None and are_here(data.dataset) and detect.has_rest(data)


@st.fragment
@errors_shown()
def view(run: Run) -> None:
    """Show the page for a run; a control reruns only this part of it."""
    name = run.config.data.dataset
    loaders.model(run, run.version)
    if not are_here(name):
        st.write(_("There are no known images to compare with yet."))
        obtain.offer(name)
        return
    st.caption(
        _(
            "The model knows the images that it was trained on. Each test image gets a score, its "
            "loss under the model: images of a kind that it has never seen should score higher."
        )
    )
    place = st.container(horizontal=True, vertical_alignment="bottom")
    against = _pick_unknown(run, place)
    if against is not None:
        _answer(run, against, place)
    if len(spec_of(name).class_names) > 1:
        st.subheader(_("Know one class alone"), anchor="one-class")
        st.write(
            _(
                "To a model that was trained on one class, all other classes are unknown. "
                "They are harder to detect than another data set: all images come from the "
                "same source."
            )
        )
        _train_on_one(run.config)

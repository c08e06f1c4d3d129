"""The Detect page: scores of known and unknown test images, a threshold, and what it catches."""

from __future__ import annotations

import math
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vae.analysis import detect, thresholds
from vae.analysis.compare import loss_unit
from vae.analysis.detect import SAMPLES, SCORES, OODSplit, Scores
from vae.analysis.thresholds import Roc
from vae.config import RunConfig
from vae.data import spec_of, status
from vae.errors import UserError
from vae.figures import detect as figures_detect
from vae.models import check_family
from vae.runs import Run, threads
from vae.storage.pictures import to_uint8
from vae.training.metrics import EVAL_SEED
from vae.ui.detect.html import counts_table, pairs
from vae.ui.shared import loaders, obtain
from vae.ui.shared.controls import Controls
from vae.ui.shared.errors import show_error
from vae.ui.shared.originals import are_here
from vae.ui.shared.show import show_figure
from vae.ui.shared.train_proposal import Proposal, offer_training

controls = Controls("detect")

EXAMPLES = 10
_STEPS = 400
_KINDS = {
    "false_negatives": ("Missed: low loss", "the unknown images with the lowest scores"),
    "false_positives": ("Flagged: high loss", "the known images with the highest scores"),
    "highest": ("Highest scores", "the least like its training images"),
}


class Scored(NamedTuple):
    """Test images of known and unknown kinds, and their scores."""

    exam: OODSplit
    scores: Scores
    rocs: dict[str, Roc]


@st.cache_resource(show_spinner=False)
def _prepare() -> None:
    """Import beside the page what draws a ROC curve: it takes over a second."""

    def load() -> None:
        import sklearn.metrics  # noqa: F401

    threads.begin(load, "import-roc")


@st.cache_resource(max_entries=6, show_spinner="Scoring the test images …")
def _found(_run: Run, version: str, against: str, data_versions: tuple[str, ...]) -> Scored:
    config = _run.config
    exam = detect.ood_split(config, against)
    scores = detect.examine(loaders.model(_run, version), config, exam)
    rocs = {name: thresholds.roc(values, exam.known) for name, values in scores.values.items()}
    return Scored(exam, scores, rocs)


def _train_on_one(config: RunConfig) -> None:
    """Offer to train a model that leaves classes unknown."""
    spec = spec_of(config.data.dataset)
    chosen = st.selectbox(
        "The one class to know",
        range(len(spec.class_names)),
        index=min(1, len(spec.class_names) - 1),
        format_func=spec.class_name,
        key=f"detect-class-{spec.name}",
        width=240,
    )
    offer_training(
        f"Train on {spec.class_name(chosen)} alone",
        detect.training_command(spec.name, chosen),
        Proposal("MNIST map", spec.name, {"classes": [chosen], **detect.ONE_CLASS}),
    )


def _pick_unknown(run: Run, place: DeltaGenerator) -> str | None:
    """Let the user choose what is unknown; None where nothing can be, or it is not here."""
    config = run.config
    found = detect.ood_sets(config)
    if not found:
        st.info(
            f"{run.name} was trained on all classes of {spec_of(config.data.dataset).title}, and "
            "there is no other data set of the same shape: nothing is unknown to it. Train a model "
            "on one class alone, and the others become the unknown.",
            icon=":material/info:",
        )
        return None
    with place:
        against = controls.pick(
            "Unknown images",
            "detect_against",
            list(found),
            titles=found,
            help="Images of a kind that the model was not trained on.",
            width=340,
        )
    if against != detect.REST and not status(against).ready:
        obtain.offer(against)
        return None
    return against


def _threshold(run: Run, against: str, name: str, found: Scored) -> float:
    """Let the user choose a score above which an image counts as unknown."""
    values, known = found.scores.values[name], found.exam.known
    low, high = figures_detect.threshold_range(values[known], values[~known])
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS))
    decimals = max(0, -math.floor(math.log10(step)))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    usual = round(thresholds.usual_threshold(values, known), decimals)
    return st.slider(
        f"Threshold on the {SCORES[name][:1].lower()}{SCORES[name][1:]}",
        float(low),
        float(high),
        float(min(max(usual, low), high)),
        step,
        format=f"%.{decimals}f",
        help="A score above it is an alarm. It begins where "
        f"{thresholds.USUAL_PASS:.0%} of the known images pass.",
        key=f"detect-threshold-{run.name}-{against}-{name}",
    )


def _words(found: Scored, name: str) -> str:
    """Say how well a score tells the two kinds apart."""
    auc = found.rocs[name].auc
    text = (
        f"An image of the unknown ({found.exam.unknown_title}) scores above one of the known "
        f"({found.exam.known_title}) **{auc:.1%}** of the time: that is the AUC, {auc:.4f}."
    )
    if auc < 0.5:
        text += (
            " That is worse than guessing: these unknown images are cheaper to draw than those the "
            "model was trained on. A score says how dear an image is, not how new: plain images "
            "with little ink are cheap for every model."
        )
    return text


def _scales(run: Run, found: Scored, name: str, threshold: float) -> None:
    """Show the scores of both kinds, and the curves of all thresholds."""
    unit, known = loss_unit(run.config.model).words, found.exam.known
    available = [score for score in SCORES if score in found.scores.values]
    columns = st.columns(len(available) + 1)
    for score, column in zip(available, columns, strict=False):
        values = found.scores.values[score]
        with column:
            st.markdown(f"**{SCORES[score]}**")
            show_figure(
                figures_detect.score_histogram(
                    values[known], values[~known], threshold if score == name else None, unit=unit
                ),
                key=f"detect-scores-{score}",
                alt=f"{SCORES[score]} of known and of unknown images",
            )
    outcome = thresholds.outcome(found.scores.values[name], known, threshold)
    curves = [
        figures_detect.RocCurve(
            f"{SCORES[score]}, AUC {curve.auc:.4f}",
            curve.false_positive_rate,
            curve.true_positive_rate,
        )
        for score, curve in found.rocs.items()
    ]
    with columns[-1]:
        st.markdown("**ROC: every threshold**")
        show_figure(
            figures_detect.roc_curves(
                curves, (outcome.false_positive_rate, outcome.true_positive_rate), height=330
            ),
            key="detect-roc",
            alt="True positive rate against false positive rate",
        )


def _pictures(run: Run, found: Scored, name: str, threshold: float) -> None:
    """Show the images that tell most, each above what the model makes of it."""
    exam, scores = found.exam, found.scores
    values = scores.values[name]
    st.subheader("Where it goes wrong", anchor="wrong")
    st.caption("Each image above what the model draws for it, with its class and its score.")
    chosen = thresholds.examples(values, exam.known, threshold, EXAMPLES)
    for kind, (title, words) in _KINDS.items():
        indices = chosen[kind]
        st.markdown(f"**{title}**: {words}" if indices else f"**{title}**: none at this threshold")
        if not indices:
            continue
        images = exam.images[indices]
        labels = None if scores.labels is None else scores.labels[indices]
        drawn = detect.reconstruct(loaders.model(run, run.version), images, labels)
        st.html(
            pairs(
                images.numpy(),
                to_uint8(drawn),
                [exam.group(index) for index in indices],
                [f"{values[index]:.4g}" for index in indices],
            )
        )


def _kinds(run: Run, found: Scored, name: str, threshold: float) -> None:
    """Show the mean score of each class."""
    st.subheader("Class by class", anchor="classes")
    kinds = detect.group_means(found.exam, found.scores.values[name])
    show_figure(
        figures_detect.group_bars(
            [kind.name for kind in kinds],
            [kind.mean for kind in kinds],
            [kind.images for kind in kinds],
            [kind.is_known for kind in kinds],
            threshold,
            unit=f"mean score, {loss_unit(run.config.model).words}",
        ),
        key="detect-kinds",
        alt=f"Mean {SCORES[name]} of each class",
    )


def _how(run: Run, found: Scored) -> None:
    """Say how the scores are made."""
    config = run.config
    kind = check_family(config.model.family).model
    parts = [f"Test images: {int(found.exam.known.sum()):,} known, "
             f"{int((~found.exam.known).sum()):,} unknown. The reconstruction loss is that of the "
             "decode of the code mu, without noise. The highest hundredth may lie beyond a "
             "histogram, in its last bar."]  # fmt: skip
    reason = detect.why_no_elbo(config.model.family)
    if reason is not None:
        parts.append(f"Negative ELBO: n/a. {reason}")
    elif kind.is_continuous:
        parts.append(
            f"The negative ELBO is reconstruction + KL, averaged over {SAMPLES} samples of z with "
            f"fixed noise (seed {EVAL_SEED})."
        )
    else:
        parts.append(
            "The negative ELBO is reconstruction + the cost of the codes under the prior that was "
            "learned; the codes have no noise."
        )
    if found.scores.labels is not None:
        parts.append(
            "This model is told a class, but not here: every label that it knows is tried, and the "
            "one under which it draws the image best is taken for both scores."
        )
    if loss_unit(config.model).key == "nats" and config.data.binarise == "none":
        parts.append("On grey pixels these nats are a cross-entropy, no likelihood.")
    st.caption(" ".join(parts))


def _answer(run: Run, against: str, place: DeltaGenerator) -> None:
    other = [] if against == detect.REST else [against]
    versions = tuple(spec_of(name).version for name in [run.config.data.dataset, *other])
    found = _found(run, run.version, against, versions)
    available = [score for score in SCORES if score in found.scores.values]
    name = available[0]
    if len(available) > 1:
        with place:
            name = controls.pick("Score", "detect_score", available, titles=SCORES, segmented=True)
    st.markdown(_words(found, name))
    left, right = st.columns([1.3, 1], gap="large", vertical_alignment="center")
    with left:
        threshold = _threshold(run, against, name, found)
    values, known = found.scores.values[name], found.exam.known
    right.html(counts_table(thresholds.outcome(values, known, threshold)))
    _scales(run, found, name, threshold)
    _how(run, found)
    _pictures(run, found, name, threshold)
    _kinds(run, found, name, threshold)


@st.fragment
def view(run: Run) -> None:
    """Show the page for a run; a control reruns only this part of it."""
    name = run.config.data.dataset
    _prepare()
    try:
        loaders.model(run, run.version)
        if not are_here(name):
            st.write("There are no known images to compare with yet.")
            obtain.offer(name)
            return
        place = st.container(horizontal=True, vertical_alignment="bottom")
        against = _pick_unknown(run, place)
        if against is not None:
            _answer(run, against, place)
        if not detect.has_rest(run.config.data) and len(spec_of(name).class_names) > 1:
            st.subheader("Know one class alone", anchor="one-class")
            st.write(
                "A model that was trained on one class takes all others for unknown. That is the "
                "harder question: all are drawn by the same kind of hand."
            )
            _train_on_one(run.config)
    except UserError as error:
        show_error(error)

"""What black-and-white pixels change: grey, thresholded once, or sampled for each batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import torch
from torch import Generator, Tensor

from vae.config import RunConfig
from vae.data import load_for, pixels
from vae.data.views import black_and_white
from vae.locale import N_, _
from vae.measures.likelihood import estimate
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Method,
    Result,
    Study,
    StudySettings,
    standard,
)
from vae.studies.engine.charts import add_bars, colour_of, dress, picture_rows
from vae.studies.engine.pictures import ten_originals, ten_reconstructions
from vae.studies.engine.wording import (
    difference,
    leader,
    leader_words,
    paragraphs,
    several,
    value,
)
from vae.training.metrics import EVAL_SEED, VIEWS, View, model_device, split_terms

if TYPE_CHECKING:
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

TRAINED_ON = {"none": N_("grey"), "static": N_("static"), "dynamic": N_("dynamic")}
"""How the training images are seen, by ``DataConfig.binarise``: its word in figures."""
PIXELS = {
    "grey": N_("grey levels:<br>no bound on<br>a likelihood"),
    "static": N_("static<br>(1 above 0.5)"),
    "drawn": N_("sampled by<br>grey level"),
}
"""Kinds of test pixels: name in the table -> words in a figure."""
_KINDS = {"grey": N_("grey"), "static": N_("static"), "drawn": N_("sampled")}
"""The same in a sentence."""
OWN_PIXELS = {"grey": "grey", "static": "static", "dynamic": "drawn"}
"""The kind of test pixels that a model was trained on."""
LATENT_DIM = 20
LIKELIHOOD_SAMPLES = 100
LIKELIHOOD_IMAGES = 500


def _arms(settings: StudySettings) -> list[Arm]:
    return [
        Arm(word, {"trained_on": word}, data={"binarise": kind}, model={"latent_dim": LATENT_DIM})
        for kind, word in TRAINED_ON.items()
    ]


# ---- what is measured ----------------------------------------------------------------------------


def sampled_once(generator: Generator) -> View:
    """Return a view that samples each pixel as 0 or 1, its grey level the probability of 1."""
    return lambda x: torch.bernoulli(x, generator=generator)


def grey_floor(x: Tensor) -> float:
    """Return the least cross-entropy that grey pixels ``(N, C, H, W)`` in [0, 1] can cost.

    The cross-entropy of a pixel x with a probability p is least at p = x, and there it is x's own
    entropy, which is 0 for black and white alone. Nats, the mean over images.
    """
    entropy = -torch.xlogy(x, x) - torch.xlogy(1 - x, 1 - x)
    return float(entropy.flatten(1).sum(1).double().mean())


def _grey(subject: Subject, config: RunConfig) -> Subject:
    """Return the same model on the images as they are in the file."""
    whole = config.data.model_copy(update={"binarise": "none"})
    return type(subject)(subject.model, load_for(whole))


def _measure(subject: Subject, config: RunConfig) -> dict[str, Any]:
    model, test = subject.model, _grey(subject, config).data.test
    noise = Generator(model_device(model)).manual_seed(EVAL_SEED)
    views = {"grey": VIEWS["grey"], "static": VIEWS["binary"], "drawn": sampled_once(noise)}
    found: dict[str, Any] = {}
    for name, view in views.items():
        terms, _, _ = split_terms(model, test, view=view)
        found[f"{name}_neg_elbo"] = terms.loss
        found[f"{name}_recon_loss"] = terms.recon_loss
        found[f"{name}_kl"] = terms.kl
    likelihood = estimate(model, test[:LIKELIHOOD_IMAGES], LIKELIHOOD_SAMPLES, VIEWS["binary"])
    return {
        **found,
        "neg_log_p": -likelihood.mean,
        "log_p_error": likelihood.standard_error,
        "log_p_gap": likelihood.gap,
        "grey_floor": grey_floor(pixels(test.images)),
    }


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    grey = _grey(subject, config)
    data = replace(grey.data, test=black_and_white(grey.data.test))
    black = type(grey)(grey.model, data)
    return {
        "grey": ten_originals(grey),
        "from-grey": ten_reconstructions(grey),
        "static": ten_originals(black),
        "from-static": ten_reconstructions(black),
    }


# ---- figures -------------------------------------------------------------------------------------


def _of(title: str, name: str) -> Column:
    return Column(title, "nats", read=lambda record: record.number(name))


COLUMNS = {
    "grey": _of(N_("Cross-entropy + KL, grey pixels"), "grey_neg_elbo"),
    "static": _of(N_("-ELBO, static pixels"), "static_neg_elbo"),
    "drawn": _of(N_("-ELBO, sampled pixels"), "drawn_neg_elbo"),
    "neg_log_p": Column(
        N_("-log p(x), static pixels, K = {k}").format(k=LIKELIHOOD_SAMPLES),
        "nats",
    ),
    "log_p_error": Column(N_("its standard error"), "nats"),
    "static_kl": Column(N_("KL, static pixels"), "nats"),
    **standard("active_units"),
    "floor": _of(N_("Least that grey can cost"), "grey_floor"),
}


def _bars(result: Result) -> go.Figure:
    figure = go.Figure()
    for place, arm in enumerate(result.measured_arms()):
        add_bars(
            figure,
            list(PIXELS.values()),
            [result.spread(arm, name) for name in PIXELS],
            name=_("trained on {arm}").format(arm=arm.label),
            colour=colour_of(place),
            unit="nats",
        )
    dress(figure, _("test pixels"), _("-ELBO (cross-entropy + KL), nats"))
    figure.update_layout(barmode="group")
    return figure


def _likelihoods(result: Result) -> go.Figure:
    figure = go.Figure()
    arms = result.measured_arms()
    add_bars(
        figure,
        [arm.label for arm in arms],
        [result.spread(arm, "neg_log_p") for arm in arms],
        name="-log p(x)",
        colour=colour_of(0),
        unit="nats",
    )
    dress(figure, _("trained on"), _("-log p(x), static pixels, nats"), height=340)
    return figure


def _rows(result: Result) -> Iterator[tuple[str, bytes]]:
    for kind, what in (("grey", "from-grey"), ("static", "from-static")):
        for place, (arm, png) in enumerate(result.strips(what)):
            if place == 0:
                yield f"test: {kind}", dict(result.strips(kind))[arm]
            yield f"model: {arm.label}", png


def _charts(result: Result) -> dict[str, Chart]:
    return {
        "by-test-pixels": Chart(
            _bars(result),
            _(
                "Each model on each kind of test pixels: median of the seeds, from the "
                "least to the greatest as a line. Bars compare within a kind: between "
                "kinds the images are not the same. Pixels are sampled once, the same "
                "for all models."
            ),
        ),
        "log-likelihood": Chart(
            _likelihoods(result),
            _(
                "The estimate of -log p(x) with K = {likelihood_samples}, on the first "
                "{likelihood_images} test images, thresholded at 0.5: less is better."
            ).format(likelihood_samples=LIKELIHOOD_SAMPLES, likelihood_images=LIKELIHOOD_IMAGES),
        ),
        "reconstructions": Chart(
            picture_rows(_rows(result)),
            _(
                "The same ten test images, grey and thresholded, and what the run of "
                "seed 0 of each kind of training makes of them from mu."
            ),
        ),
    }


# ---- finding -------------------------------------------------------------------------------------


def _own(result: Result, name: str) -> str:
    """Say which model is best on a kind of test pixels, and whether it was trained on them."""
    owner = next(arm for arm in result.arms if OWN_PIXELS[str(arm.values["trained_on"])] == name)
    first = leader(result, result.arms, name).arm
    trained = (
        _("which was trained on them")
        if first is owner
        else _("though {owner} was trained on them").format(owner=owner.label)
    )
    with_arm = _("{value} with {arm}")
    rest = [
        with_arm.format(value=value(result, arm, name), arm=arm.label)
        for arm in result.arms
        if arm != first
    ]
    return _(
        "On {kind} test pixels the figure is least with {leaders}, {trained}; it is {rest}."
    ).format(
        kind=_(_KINDS[name]),
        leaders=leader_words(result, result.arms, name),
        trained=trained,
        rest=several(rest),
    )


def _short(result: Result) -> str:
    return _(
        "-log p(x) of black-and-white test images is least with the model trained on {likely}. "
        "On grey test images cross-entropy + KL is least with the one trained on {grey}."
    ).format(
        likely=leader_words(result, result.arms, "neg_log_p"),
        grey=leader_words(result, result.arms, "grey"),
    )


def _finding(result: Result) -> str:
    arms = result.arms
    best = leader(result, arms, "neg_log_p").arm
    apart = several([difference(result, best, arm, "neg_log_p") for arm in arms if arm is not best])
    floor = value(result, arms[0], "floor")
    return paragraphs(
        result,
        [
            " ".join(_own(result, name) for name in PIXELS),
            _("-log p(x) of the thresholded test images is least with {leader}: {apart}.").format(
                leader=leader_words(result, arms, "neg_log_p"), apart=apart
            ),
            _(
                "The figure for grey pixels is no bound on a likelihood. A grey level is "
                "no outcome of a Bernoulli, and its cross-entropy does not reach 0: even "
                "a perfect reconstruction of these test images costs {floor} per image. "
                "It ranks models on the same pixels, and must not be compared with "
                "figures for black-and-white ones."
            ).format(floor=floor),
        ],
    )


STUDY = Study(
    name="binarised",
    title=N_("Grey or black-and-white pixels"),
    question=N_(
        "What changes when the images are made black and white, once or again for every batch?"
    ),
    how=Method("binarised", num_samples=LIKELIHOOD_SAMPLES, num_images=LIKELIHOOD_IMAGES),
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    main=_bars,
    finding=_finding,
    short=_short,
    measure=_measure,
    pictures=_pictures,
)

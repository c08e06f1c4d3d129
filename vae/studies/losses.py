"""What a pixel is drawn from: Bernoulli, or Gaussian with a fixed or a learned variance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import torch
from torch import Generator, Tensor

from vae.config import RunConfig
from vae.data import pixels
from vae.locale import N_, _
from vae.locale.numbers import formatted
from vae.measures.base import evenly
from vae.models.pixels import pixel_sigma
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
from vae.studies.engine.charts import (
    add_band,
    add_bars,
    by_epoch,
    colour_of,
    dress,
    picture_rows,
    reconstructions,
)
from vae.studies.engine.pictures import ten_pictures, ten_samples
from vae.studies.engine.records import Record
from vae.studies.engine.wording import difference, leader_words, paragraphs, several, value
from vae.training.loop import SAMPLE_SEED
from vae.training.metrics import model_device

if TYPE_CHECKING:
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

LATENT_DIM = 20
SHARPNESS_IMAGES = 2_000
PUBLISHED = (
    5.8158, 5.8644, 5.8636, 5.8377, 5.8433, 5.8093, 5.8127, 5.8530, 5.7997, 5.9183,
)  # fmt: skip
"""Loss by epoch of the VAE in Ba (Paris-Saclay, 2021): squared error plus KL, scale not said."""
PUBLISHED_DATASET = "mnist"

LOSSES: dict[str, tuple[str, dict[str, Any]]] = {
    "bernoulli": ("Bernoulli", {}),
    "fixed": (N_("fixed sigma"), {"likelihood": "gaussian"}),
    "learned": (N_("learned sigma"), {"likelihood": "gaussian", "variance": "learned"}),
}
"""The losses: name -> words, and the model's settings."""


def _arms(settings: StudySettings) -> list[Arm]:
    return [
        Arm(words, {"loss": name}, model={"latent_dim": LATENT_DIM, **model})
        for name, (words, model) in LOSSES.items()
    ]


# ---- what is measured ----------------------------------------------------------------------------


def sharpness(images: Tensor) -> float:
    """Return how sharp images ``(N, C, H, W)`` in [0, 1] are: the Laplacian's variance.

    The four neighbours' sum less four times the pixel, where all four lie in the image; its
    variance over an image, of the mean over channels; the mean over images. Blur takes it down.

    References
    ----------
    Tolstikhin, Bousquet, Gelly and Schölkopf, "Wasserstein Auto-Encoders", ICLR 2018, section 4,
    measure the sharpness of samples in this way.
    """
    x = images.double().mean(1)
    around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
    laplacian = around - 4 * x[:, 1:-1, 1:-1]
    return float(laplacian.flatten(1).var(1, correction=0).mean())


def squared_error_and_kl(loss: float, sigma: float, count: int) -> float:
    """Return ``squared error / (2 sigma^2) + KL`` from the -ELBO of Gaussian pixels.

    ``-log N(x; m, sigma^2) = (x - m)^2 / (2 sigma^2) + 1/2 log(2 pi sigma^2)``: the second part
    depends on no weight where sigma is fixed. With sigma = 1/sqrt 2 the first is the squared
    error itself.

    ``loss`` is in nats per image, ``sigma`` that of a pixel, and ``count`` how many pixels an image
    has, all channels counted.
    """
    return loss - 0.5 * count * math.log(2 * math.pi * sigma**2)


def _measure(subject: Subject, config: RunConfig) -> dict[str, Any]:
    model = subject.model
    test = evenly(subject.data.test, SHARPNESS_IMAGES).to(model_device(model))
    x = pixels(test.images)
    with torch.inference_mode():
        made = model.reconstruct(x, test.labels)
        samples = model.sample(len(x), Generator().manual_seed(SAMPLE_SEED))
    original = sharpness(x)
    # Of one plain colour each, images have nothing to be sharp in.
    share = 1 / original if original > 0 else math.nan
    return {
        "sharpness_original": original,
        "sharpness_recon": sharpness(made) * share,
        "sharpness_samples": sharpness(samples) * share,
        "sigma": pixel_sigma(model) if config.model.likelihood == "gaussian" else None,
    }


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    return {**ten_pictures(subject, config), "samples": ten_samples(subject)}


# ---- figures -------------------------------------------------------------------------------------


def _kl_weight(record: Record) -> float | None:
    sigma = record.number("sigma")
    return None if sigma is None else 2 * sigma**2


def _root_mse(record: Record) -> float | None:
    mse = record.number("mse")
    return None if mse is None else math.sqrt(mse)


COLUMNS = {
    **standard("mse"),
    "root_mse": Column(N_("Its root"), digits=3, read=_root_mse),
    **standard("kl"),
    "sharpness_recon": Column(N_("Sharpness of reconstructions"), N_("of the originals'")),
    "sharpness_samples": Column(N_("Sharpness of samples"), N_("of the originals'")),
    "sigma": Column("sigma", digits=3),
    "kl_weight": Column(N_("Weight of the KL"), digits=3, read=_kl_weight),
    **standard("active_units", "knn_accuracy"),
}


def _sharpness_bars(result: Result) -> go.Figure:
    figure = go.Figure()
    arms = result.measured_arms()
    for place, (column, name) in enumerate(
        (
            ("sharpness_recon", _("reconstructions")),
            ("sharpness_samples", _("samples from the prior")),
        )
    ):
        add_bars(
            figure,
            [arm.label for arm in arms],
            [result.spread(arm, column) for arm in arms],
            name=name,
            colour=colour_of(place),
        )
    figure.add_hline(y=1, line={"color": colour_of(3), "width": 1.5, "dash": "dot"})
    dress(figure, _("loss"), _("sharpness / that of test images"))
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(barmode="group")
    return figure


def _objective(record: Record) -> dict[int, float]:
    """Return squared error plus KL after each epoch, of a run with a fixed sigma."""
    model = record.config.model
    count = math.prod(model.image_shape)
    return {
        epoch: squared_error_and_kl(loss, model.sigma, count)
        for epoch, loss in record.curve().items()
    }


def relative(losses: Sequence[float]) -> list[float]:
    """Return losses by epoch as shares of the first, so that curves on other scales compare."""
    return [loss / losses[0] for loss in losses]


def _relative_curve(result: Result) -> go.Figure:
    figure = go.Figure()
    curves = [_objective(record) for record in result.records(result.arm(loss="fixed"))]
    add_band(
        figure,
        by_epoch(dict(zip(c, relative(list(c.values())), strict=True)) for c in curves),
        name=_("squared error + KL, here"),
        colour=colour_of(0),
        markers=True,
    )
    figure.add_scatter(
        x=list(range(1, len(PUBLISHED) + 1)),
        y=relative(PUBLISHED),
        mode="lines+markers",
        name=_("published (Ba, 2021)"),
        line={"color": colour_of(1), "width": 2, "dash": "dash"},
        hovertemplate="%{x}: %{y:.4f}",
    )
    dress(figure, _("epoch"), _("loss / loss of the first epoch"))
    return figure


def _charts(result: Result) -> dict[str, Chart]:
    found = {
        "sharpness": Chart(
            _sharpness_bars(result),
            _(
                "The Laplacian's variance of reconstructions (from mu) and samples, "
                "against that of test images (the dotted line): median of the seeds, "
                "from the least to the greatest as a line. Both are means of pixels, not "
                "pixels drawn."
            ),
        ),
        **reconstructions(result, "loss"),
        "samples": Chart(
            picture_rows([(arm.label, png) for arm, png in result.strips("samples")]),
            _("Ten samples from the prior, the same z for each loss."),
        ),
    }
    if result.settings.dataset == PUBLISHED_DATASET:
        found["published"] = Chart(
            _relative_curve(result),
            _(
                "Squared error plus KL of the test images, and the published loss by "
                "epoch, each as a share of its first: the published one's scale is not "
                "said, nor its images, net and latent size, so only the shapes compare."
            ),
        )
    return found


# ---- finding -------------------------------------------------------------------------------------


def _sharp(result: Result) -> str:
    arms = result.arms
    shares, drawn = (
        several(
            [
                _("{value} with {arm}").format(
                    value=formatted(result.median(arm, column), ".0%"), arm=arm.label
                )
                for arm in arms
            ]
        )
        for column in ("sharpness_recon", "sharpness_samples")
    )
    return _(
        "Reconstructions keep {shares} of the sharpness of the test images; "
        "samples from the prior have {drawn}. Reconstructions are sharpest with "
        "{sharpest}; the squared error is least with {mse}."
    ).format(
        shares=shares,
        drawn=drawn,
        sharpest=leader_words(result, arms, "sharpness_recon", greatest=True),
        mse=leader_words(result, arms, "mse"),
    )


def _sigmas(result: Result) -> str:
    fixed, learned = result.arm(loss="fixed"), result.arm(loss="learned")
    weight = result.median(learned, "kl_weight")
    return _(
        "The learned sigma ends at {sigma}; the root of the test images' squared "
        "error is {root_mse}, and it is that error of the training images which "
        "maximises the likelihood (Rybkin et al. 2021). Relative to the squared "
        "error its KL has the weight 2 sigma^2 = {weight}, against {kl_weight} "
        "with sigma fixed at 1/sqrt 2. The KL is {kl}, and {active} "
        "dimensions are active, against {other}. The squared error is "
        "{mse}."
    ).format(
        sigma=value(result, learned, "sigma"),
        root_mse=value(result, learned, "root_mse"),
        weight=formatted(weight, ".3g"),
        kl_weight=formatted(result.median(fixed, "kl_weight"), ".3g"),
        kl=difference(result, learned, fixed, "kl"),
        active=value(result, learned, "active_units"),
        other=value(result, fixed, "active_units"),
        mse=difference(result, learned, fixed, "mse"),
    )


def _published(result: Result) -> str:
    if result.settings.dataset != PUBLISHED_DATASET:
        return ""
    records = result.records(result.arm(loss="fixed"))
    curves = [list(_objective(record).values()) for record in records]
    ends = statistics.median(relative(curve)[-1] for curve in curves)
    level = statistics.median(curve[-1] for curve in curves)
    count = math.prod(records[0].config.model.image_shape)
    low, high = min(PUBLISHED), max(PUBLISHED)
    return _(
        "Ba (2021) publishes {first} after the first epoch and {last} "
        "after the last of {epochs}, all between {low} and {high}: flat to "
        "{range}. Here squared error plus KL ends at {ends} of its first "
        "epoch's value: {level} per image where pixels are summed, {mean} "
        "where the whole is divided by their number. How the published one is "
        "scaled is not said, so the levels cannot be compared, and it does not "
        "show why it stays flat."
    ).format(
        first=formatted(PUBLISHED[0], ""),
        last=formatted(PUBLISHED[-1], ""),
        epochs=len(PUBLISHED),
        low=formatted(low, ""),
        high=formatted(high, ""),
        range=formatted((high - low) / low, ".1%"),
        ends=formatted(ends, ".0%"),
        level=formatted(level, ".2f"),
        mean=formatted(level / count, ".4f"),
    )


def _short(result: Result) -> str:
    sharpest, samples = (
        leader_words(result, result.arms, column, greatest=True)
        for column in ("sharpness_recon", "sharpness_samples")
    )
    return _(
        "Reconstructions are sharpest with {sharpest}, samples from the prior with {samples}. "
        "The squared error is least with {mse}."
    ).format(sharpest=sharpest, samples=samples, mse=leader_words(result, result.arms, "mse"))


def _finding(result: Result) -> str:
    return paragraphs(result, [_sharp(result), _sigmas(result), _published(result)])


STUDY = Study(
    name="losses",
    title=N_("The loss of a pixel"),
    question=N_(
        "Cross-entropy, or squared error plus KL: how sharp are reconstructions and samples?"
    ),
    how=Method("losses"),
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    main=_sharpness_bars,
    finding=_finding,
    short=_short,
    measure=_measure,
    pictures=_pictures,
)

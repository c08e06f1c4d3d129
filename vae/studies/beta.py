"""What the weight of the KL changes: rate against distortion, and what dimensions mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from vae.config import RunConfig
from vae.studies.engine.base import Arm, Chart, Column, Result, Study, StudySettings
from vae.studies.engine.charts import (
    COLOURS,
    beside_originals,
    dress,
    error_bars,
    panels,
    picture_rows,
)
from vae.studies.engine.pictures import Images, ten_originals, ten_reconstructions
from vae.studies.engine.verdicts import difference, leader, leader_words, paragraphs, value
from vae.studies.engine.wording import several

if TYPE_CHECKING:
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LATENT_DIM = 10
STEPS = 9
REACH = 3.0
PLACES = {"first": "1st", "second": "2nd", "last": "last"}
"""Dimensions that are walked along, by how much their codes vary: name of the strip -> words."""


def _arms(settings: StudySettings) -> list[Arm]:
    return [
        Arm(
            f"beta = {beta:g}",
            {"beta": beta},
            # With beta = 1 it is a plain VAE, which other studies have too.
            family="vae" if beta == 1 else "beta-vae",
            model={"latent_dim": LATENT_DIM, **({} if beta == 1 else {"beta": beta})},
        )
        for beta in dict.fromkeys(settings.values or BETAS)
    ]


# ---- pictures ------------------------------------------------------------------------------------


def walked_dims(variances: Sequence[float]) -> dict[str, int]:
    """Return which dimensions to walk along, by the variances of their mean codes.

    Returns
    -------
    dict
        The names of :data:`PLACES`: the two that vary most, and the one that varies least; of few
        dimensions, those that there are.
    """
    order = sorted(range(len(variances)), key=lambda dim: -variances[dim])
    return dict(zip(PLACES, [*order[:2], *order[2:][-1:]], strict=False))


def _traversals(subject: Subject) -> dict[str, Images]:
    import torch

    from vae.latent.places import traversals
    from vae.storage.pictures import to_uint8
    from vae.training.metrics import model_device

    mu = subject.test_codes.mu
    dims = walked_dims(mu.var(0).tolist())
    axes = torch.linspace(-REACH, REACH, STEPS).repeat(len(dims), 1)
    z = traversals(torch.zeros(mu.shape[1]), list(dims.values()), axes)
    with torch.inference_mode():
        images = to_uint8(subject.model.generate(z.to(model_device(subject.model))))
    return dict(zip(dims, images, strict=True))


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    return {
        "originals": ten_originals(subject),
        "test": ten_reconstructions(subject),
        **_traversals(subject),
    }


# ---- figures -------------------------------------------------------------------------------------

COLUMNS = {
    "neg_elbo": Column("-ELBO", "nats", lambda record: record.neg_elbo),
    "recon_loss": Column("Reconstruction", "nats", lambda record: record.number("recon_loss")),
    "kl": Column("KL", "nats", lambda record: record.number("kl")),
    "objective": Column("Objective", "nats", lambda record: record.last("loss")),
    "active_units": Column("Active units", "", lambda r: r.number("active_units"), 0),
    "knn_accuracy": Column("10-NN accuracy", "", lambda r: r.number("knn_accuracy"), 3),
    "mse": Column("Squared error", "a pixel", lambda record: record.number("mse"), 4),
}


def _sorted(arms: Sequence[Arm]) -> list[Arm]:
    return sorted(arms, key=lambda arm: float(arm.values["beta"]))


def _rate_distortion(result: Result) -> go.Figure:
    points = [
        (arm, rate, distortion)
        for arm in _sorted(result.measured_arms())
        if (rate := result.spread(arm, "kl")) and (distortion := result.spread(arm, "recon_loss"))
    ]
    figure = go.Figure()
    if points:
        best = min(rate.median + distortion.median for _, rate, distortion in points)
        ends = [0.0, max(rate.high for _, rate, _ in points)]
        figure.add_scatter(
            x=ends,
            y=[best - end for end in ends],
            mode="lines",
            line={"color": COLOURS[3], "width": 1.5, "dash": "dot"},
            name=f"-ELBO = {best:.1f} nats, the least",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[rate.median for _, rate, _ in points],
        y=[distortion.median for _, _, distortion in points],
        error_x=error_bars([rate for _, rate, _ in points]),
        error_y=error_bars([distortion for _, _, distortion in points]),
        mode="lines+markers+text",
        text=[f"{float(arm.values['beta']):g}" for arm, _, _ in points],
        textposition="top right",
        line={"color": COLOURS[0], "width": 2.5},
        marker={"size": 8},
        name="one model for each beta",
        hovertemplate="beta %{text}: KL %{x:.4g}, reconstruction %{y:.4g} nats<extra></extra>",
    )
    dress(figure, "KL (rate), nats an image", "reconstruction (distortion), nats an image")
    # Room at the right for the last point's number.
    most = max((rate.high for _, rate, _ in points), default=1.0)
    figure.update_xaxes(range=[0, 1.1 * max(most, 1e-6)])
    return figure


def _by_beta(result: Result) -> go.Figure:
    arms = _sorted(result.measured_arms())
    betas = [float(arm.values["beta"]) for arm in arms]
    figure = panels(
        result,
        arms,
        "beta",
        (
            ("-ELBO, nats an image", ("neg_elbo",)),
            ("Active units", ("active_units",)),
            ("10-NN accuracy on mu", ("knn_accuracy",)),
        ),
        height=640,
    )
    figure.update_xaxes(tickvals=betas, ticktext=[f"{beta:g}" for beta in betas])
    if all(beta > 0 for beta in betas):
        figure.update_xaxes(type="log")
    figure.update_xaxes(title_text="beta", row=3, col=1)
    figure.update_yaxes(rangemode="tozero", row=2, col=1)
    figure.update_layout(showlegend=False)
    return figure


def _walks(result: Result, places: Sequence[str]) -> list[tuple[str, bytes]]:
    found = {place: dict(result.strips(place)) for place in places}
    return [
        (f"{arm.label}, {PLACES[place]}", found[place][arm])
        for arm in _sorted(result.arms)
        for place in places
        if arm in found[place]
    ]


def _charts(result: Result) -> dict[str, Chart]:
    walk = f"from {-REACH:g} to {REACH:g} through the origin, all other dimensions at 0"
    return {
        "rate-distortion": Chart(
            _rate_distortion(result),
            "What the code costs against what the picture costs, by beta (numbers at the points): "
            "medians, and the seeds' spread as bars. On the dotted line -ELBO is the same "
            "everywhere.",
        ),
        "figures-by-beta": Chart(
            _by_beta(result),
            "Median of the seeds; the band runs from the least to the greatest. Test images.",
        ),
        "traversals": Chart(
            picture_rows(_walks(result, ("first", "second"))),
            f"The two dimensions whose codes vary most, in the run of seed 0 of each beta: {walk}.",
        ),
        "traversals-last": Chart(
            picture_rows(_walks(result, ("last",))),
            f"The dimension whose codes vary least: {walk}. Where the KL has switched it off, "
            "nothing changes along the row.",
        ),
        "reconstructions": Chart(
            picture_rows(beside_originals(result)),
            "The same ten test images, reconstructed from mu by the run of seed 0 of each beta.",
        ),
    }


# ---- finding -------------------------------------------------------------------------------------


def prices(arms: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return what a nat of KL that is saved costs in reconstruction, from each beta to the next.

    If each model were the best there is for its beta, the price would lie between the two betas
    (Alemi et al. 2018: the curve's slope is -beta).

    Parameters
    ----------
    arms
        beta, KL and reconstruction of each, by beta.

    Returns
    -------
    list
        The two betas and the price; steps that save no KL are left out.
    """
    return [
        (low, high, (worse - good) / (much - little))
        for (low, much, good), (high, little, worse) in pairwise(arms)
        if much > little
    ]


def _trade(result: Result, arms: Sequence[Arm]) -> str:
    low, high = arms[0], arms[-1]
    text = (
        f"From {low.label} to {high.label} the KL goes from {value(result, low, 'kl')} to "
        f"{value(result, high, 'kl')}, the reconstruction from {value(result, low, 'recon_loss')} "
        f"to {value(result, high, 'recon_loss')}"
    )
    rates = [result.median(arm, "kl") for arm in arms]
    costs = [result.median(arm, "recon_loss") for arm in arms]
    if all(a > b for a, b in pairwise(rates)) and all(a < b for a, b in pairwise(costs)):
        text += ": at every step a cheaper code and a worse picture. "
    else:
        text += "; not every step buys a cheaper code with a worse picture. "
    found = prices(
        [(float(a.values["beta"]), r, c) for a, r, c in zip(arms, rates, costs, strict=True)]
    )
    if found:
        between = sum(below <= price <= above for below, above, price in found)
        below, above, price = found[-1]
        text += (
            f"The last step, from beta {below:g} to {above:g}, pays {price:.1f} nats of "
            "reconstruction for each nat of KL saved. Between the best models of two betas that "
            f"price lies between the two: so it is in {between} of {len(found)} steps here."
        )
    return text


def _bound(result: Result, arms: Sequence[Arm]) -> str:
    text = f"-ELBO is least with {leader_words(result, arms, 'neg_elbo')}. "
    plain = next((arm for arm in arms if arm.values["beta"] == 1), None)
    first = leader(result, arms, "neg_elbo").arm
    if plain is None:
        return text
    if first is plain:
        return text + "Beta = 1 is the one that is trained on this bound. "
    return text + (
        "With beta = 1, which is trained on this bound, it is "
        f"{difference(result, plain, first, 'neg_elbo')}. "
    )


def _code(result: Result, arms: Sequence[Arm]) -> str:
    idle = [arm for arm in arms if result.median(arm, "active_units") < LATENT_DIM]
    text = f"All {LATENT_DIM} dimensions stay active at every beta. "
    if idle:
        least = leader(result, arms, "active_units").arm
        active = value(result, least, "active_units")
        text = (
            f"The KL switches dimensions off with {several([arm.label for arm in idle])}: "
            f"{active} of {LATENT_DIM} are active with {least.label}. "
        )
    return text + (
        "Neighbours tell the class best with "
        f"{leader_words(result, arms, 'knn_accuracy', greatest=True)}, and worst with "
        f"{leader_words(result, arms, 'knn_accuracy')}."
    )


def _finding(result: Result) -> str:
    arms = _sorted(result.arms)
    if len(arms) == 1:
        return paragraphs(
            result,
            [
                f"With {arms[0].label} alone there is nothing to compare: the KL is "
                f"{value(result, arms[0], 'kl')}, the reconstruction "
                f"{value(result, arms[0], 'recon_loss')}."
            ],
        )
    return paragraphs(result, [_trade(result, arms), _bound(result, arms) + _code(result, arms)])


STUDY = Study(
    name="beta",
    title="The weight of the KL",
    question="What does beta buy: how much picture for how much code, and do dimensions come to "
    "mean something?",
    method=f"The same dense VAE (784-512-256-{LATENT_DIM} and back, Bernoulli pixels in grey, "
    "batch 128, Adam 1e-3, one sample of z), trained on `reconstruction + beta * KL` (Higgins et "
    "al. 2017). With beta = 1 that is -ELBO; with another it is not, so both are in the table, and "
    "all are measured on -ELBO too. The KL is the rate, what the code costs; the reconstruction "
    "the distortion, what the picture costs; the best models of all betas lie on a curve whose "
    "slope is -beta (Alemi et al. 2018, arXiv:1711.00464). The sign matters: the bound is the "
    "expected log-likelihood minus the KL, and what is minimised is its negative. A report on "
    "autoencoders (Ba, Paris-Saclay, 2021) writes the bound with + KL, which would reward a code "
    "for its cost.",
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    finding=_finding,
    pictures=_pictures,
    varies="betas",
)

"""What the weight of the KL changes: rate against distortion, and what dimensions mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import torch

from vae.config import RunConfig
from vae.latent.places import traversals
from vae.locale import N_, _
from vae.locale.numbers import formatted
from vae.storage.pictures import to_uint8
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Method,
    Result,
    Study,
    StudySettings,
    by_value,
    standard,
)
from vae.studies.engine.charts import (
    COLOURS,
    dress,
    error_bars,
    label_values,
    panels,
    picture_rows,
    reconstructions,
)
from vae.studies.engine.pictures import Images, ten_pictures
from vae.studies.engine.wording import (
    difference,
    leader,
    leader_words,
    paragraphs,
    several,
    value,
)
from vae.training.metrics import model_device

if TYPE_CHECKING:
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LATENT_DIM = 10
STEPS = 9
REACH = 3.0
PLACES = {"first": "1st", "second": "2nd", "last": "last"}
"""Dimensions that are traversed, by how much their codes vary: name of the strip -> words."""


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


def traversed_dims(variances: Sequence[float]) -> dict[str, int]:
    """Return which dimensions to traverse, by the variances of their mean codes.

    Returns the names of :data:`PLACES`: the two that vary most, and the one that varies least; of
    few dimensions, those that there are.
    """
    order = sorted(range(len(variances)), key=lambda dim: -variances[dim])
    return dict(zip(PLACES, [*order[:2], *order[2:][-1:]], strict=False))


def _traversals(subject: Subject) -> dict[str, Images]:
    mu = subject.test_codes.mu
    dims = traversed_dims(mu.var(0).tolist())
    axes = torch.linspace(-REACH, REACH, STEPS).repeat(len(dims), 1)
    z = traversals(torch.zeros(mu.shape[1]), list(dims.values()), axes)
    with torch.inference_mode():
        images = to_uint8(subject.model.generate(z.to(model_device(subject.model))))
    return dict(zip(dims, images, strict=True))


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    return {**ten_pictures(subject, config), **_traversals(subject)}


# ---- figures -------------------------------------------------------------------------------------


def _rate_distortion(result: Result) -> go.Figure:
    points = [
        (arm, rate, distortion)
        for arm in by_value(result.measured_arms(), "beta")
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
            name=_("-ELBO = {best} nats, the least").format(best=formatted(best, ".1f")),
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
        cliponaxis=False,
        line={"color": COLOURS[0], "width": 2.5},
        marker={"size": 8},
        name=_("one model for each beta"),
        hovertemplate=_("beta %{text}: KL %{x:.4g}, reconstruction %{y:.4g} nats<extra></extra>"),
    )
    dress(figure, _("KL (rate), nats per image"), _("reconstruction (distortion), nats per image"))
    # Room at the right for the last point's number.
    most = max((rate.high for _, rate, _ in points), default=1.0)
    figure.update_xaxes(range=[0, 1.1 * max(most, 1e-6)])
    return figure


def _by_beta(result: Result) -> go.Figure:
    arms = by_value(result.measured_arms(), "beta")
    parts = (
        (_("-ELBO, nats per image"), ("neg_elbo",)),
        (_("Active units"), ("active_units",)),
        (_("10-NN accuracy on mu"), ("knn_accuracy",)),
    )
    figure = panels(result, arms, "beta", parts)
    label_values(figure, arms, "beta", "beta")
    if all(float(arm.values["beta"]) > 0 for arm in arms):
        figure.update_xaxes(type="log")
    figure.update_yaxes(rangemode="tozero", row=2, col=1)
    figure.update_layout(showlegend=False)
    return figure


def _traversal_rows(result: Result, *places: str) -> list[tuple[str, bytes]]:
    found = {place: dict(result.strips(place)) for place in places}
    return [
        (f"{arm.label}, {PLACES[place]}", found[place][arm])
        for arm in by_value(result.arms, "beta")
        for place in places
        if arm in found[place]
    ]


def _charts(result: Result) -> dict[str, Chart]:
    line = _("from {low} to {high} through the origin, all other dimensions at 0").format(
        low=formatted(-REACH, "g"), high=formatted(REACH, "g")
    )
    return {
        "rate-distortion": Chart(
            _rate_distortion(result),
            _(
                "KL of the code against the reconstruction loss, by beta (numbers at the "
                "points): medians, and the seeds' spread as bars. On the dotted line "
                "-ELBO is the same everywhere."
            ),
        ),
        "figures-by-beta": Chart(
            _by_beta(result),
            _("Median of the seeds; the band runs from the least to the greatest. Test images."),
        ),
        "traversals": Chart(
            picture_rows(_traversal_rows(result, "first", "second")),
            _(
                "The two dimensions whose codes vary most, in the run of seed 0 of each "
                "beta: {line}."
            ).format(line=line),
        ),
        "traversals-last": Chart(
            picture_rows(_traversal_rows(result, "last")),
            _(
                "The dimension whose codes vary least: {line}. Where the KL has switched "
                "it off, nothing changes along the row."
            ).format(line=line),
        ),
        **reconstructions(result, "beta"),
    }


# ---- finding -------------------------------------------------------------------------------------


def exchange_rates(arms: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return what a nat of KL that is saved costs in reconstruction, from each beta to the next.

    If each model were the best there is for its beta, it would lie between the two betas
    (Alemi et al. 2018: the curve's slope is -beta).

    ``arms``: beta, KL and reconstruction of each, by beta.

    Returns the two betas and the rate; steps that save no KL are left out.
    """
    return [
        (low, high, (worse - good) / (much - little))
        for (low, much, good), (high, little, worse) in pairwise(arms)
        if much > little
    ]


def _trade(result: Result, arms: Sequence[Arm]) -> str:
    low, high = arms[0], arms[-1]
    said = {
        "low": low.label,
        "high": high.label,
        "kl_low": value(result, low, "kl"),
        "kl_high": value(result, high, "kl"),
        "recon_low": value(result, low, "recon_loss"),
        "recon_high": value(result, high, "recon_loss"),
    }
    rates = [result.median(arm, "kl") for arm in arms]
    costs = [result.median(arm, "recon_loss") for arm in arms]
    if all(a > b for a, b in pairwise(rates)) and all(a < b for a, b in pairwise(costs)):
        text = _(
            "From {low} to {high} the KL goes from {kl_low} to {kl_high}, the reconstruction from "
            "{recon_low} to {recon_high}: at every step a lower KL and a worse reconstruction."
        )
    else:
        text = _(
            "From {low} to {high} the KL goes from {kl_low} to {kl_high}, the reconstruction from "
            "{recon_low} to {recon_high}; not every step gives a lower KL and a worse "
            "reconstruction."
        )
    text = text.format(**said) + " "
    found = exchange_rates(
        [(float(a.values["beta"]), r, c) for a, r, c in zip(arms, rates, costs, strict=True)]
    )
    if found:
        between = sum(below <= rate <= above for below, above, rate in found)
        below, above, rate = found[-1]
        text += _(
            "In the last step, from beta {below} to {above}, each nat of KL saved "
            "costs {rate} nats of reconstruction. Between the best models of two "
            "betas that cost lies between the two: so it is in {between} of "
            "{steps} steps here."
        ).format(
            below=formatted(below, "g"),
            above=formatted(above, "g"),
            rate=formatted(rate, ".1f"),
            between=between,
            steps=len(found),
        )
    return text


def _bound(result: Result, arms: Sequence[Arm]) -> str:
    text = _("-ELBO is least with {leader}. ").format(leader=leader_words(result, arms, "neg_elbo"))
    plain = next((arm for arm in arms if arm.values["beta"] == 1), None)
    first = leader(result, arms, "neg_elbo").arm
    if plain is None:
        return text
    if first is plain:
        return text + _("Beta = 1 is the one that is trained on this bound. ")
    return text + (
        _("With beta = 1, which is trained on this bound, it is {difference}. ").format(
            difference=difference(result, plain, first, "neg_elbo")
        )
    )


def _code(result: Result, arms: Sequence[Arm]) -> str:
    idle = [arm for arm in arms if result.median(arm, "active_units") < LATENT_DIM]
    text = _("All {n} dimensions stay active at every beta. ").format(n=LATENT_DIM)
    if idle:
        least = leader(result, arms, "active_units").arm
        active = value(result, least, "active_units")
        text = _(
            "The KL switches dimensions off with {idle}: {active} of {n} are active with {least}. "
        ).format(
            idle=several([arm.label for arm in idle]),
            active=active,
            n=LATENT_DIM,
            least=least.label,
        )
    return text + (
        _("Neighbours predict the class best with {best}, and worst with {worst}.").format(
            best=leader_words(result, arms, "knn_accuracy", greatest=True),
            worst=leader_words(result, arms, "knn_accuracy"),
        )
    )


def _short(result: Result) -> str:
    arms = by_value(result.arms, "beta")
    low, high = arms[0], arms[-1]
    text = _("-ELBO is least with {leader}.").format(leader=leader_words(result, arms, "neg_elbo"))
    if low is high:
        return text
    return (
        _(
            "From {low} to {high} the KL goes from {kl_low} to {kl_high}, and the reconstruction "
            "loss from {recon_low} to {recon_high}."
        ).format(
            low=low.label,
            high=high.label,
            kl_low=value(result, low, "kl"),
            kl_high=value(result, high, "kl"),
            recon_low=value(result, low, "recon_loss"),
            recon_high=value(result, high, "recon_loss"),
        )
        + f" {text}"
    )


def _finding(result: Result) -> str:
    arms = by_value(result.arms, "beta")
    if len(arms) > 1:
        return paragraphs(
            result, [_trade(result, arms), _bound(result, arms) + _code(result, arms)]
        )
    alone = _(
        "With {label} alone there is nothing to compare: the KL is {kl}, the "
        "reconstruction {recon_loss}."
    ).format(
        label=arms[0].label,
        kl=value(result, arms[0], "kl"),
        recon_loss=value(result, arms[0], "recon_loss"),
    )
    return paragraphs(result, [alone])


STUDY = Study(
    name="beta",
    title=N_("The weight of the KL"),
    question=N_(
        "What does beta change: how much reconstruction is lost for how much KL, "
        "and do dimensions come to mean something?"
    ),
    how=Method("beta", latent_dim=LATENT_DIM),
    epochs=10,
    arms=_arms,
    columns={
        **standard("neg_elbo", "recon_loss", "kl"),
        "objective": Column(N_("Objective"), "nats", read=lambda record: record.last("loss")),
        **standard("active_units", "knn_accuracy", "mse"),
    },
    charts=_charts,
    main=_rate_distortion,
    finding=_finding,
    short=_short,
    pictures=_pictures,
    varies="betas",
)

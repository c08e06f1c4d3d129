"""What the latent size changes: reconstruction, KL, and what the code is worth."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from vae.locale import N_, _
from vae.locale.numbers import formatted
from vae.studies.engine.base import (
    Arm,
    Chart,
    Method,
    Result,
    Study,
    StudySettings,
    by_value,
    standard,
)
from vae.studies.engine.charts import dress, label_values, panels, reconstructions
from vae.studies.engine.wording import leader_words

SIZES = (1, 2, 3, 5, 8, 10, 20, 32, 64, 128)
_NEAR = 0.01
"""As a share of the best -ELBO: what counts as about as good."""


def _arms(settings: StudySettings) -> list[Arm]:
    sizes = [int(value) for value in settings.values or SIZES]
    return [Arm(f"d = {d}", {"latent_dim": d}, model={"latent_dim": d}) for d in sizes]


def _cost(result: Result) -> go.Figure:
    """Draw the first panel alone."""
    arms = result.measured_arms()
    columns = ("neg_elbo", "recon_loss", "kl")
    figure = panels(result, arms, "latent_dim", [("", columns)])
    dress(figure, _("latent size d"), _("nats per image"), log_x=True)
    label_values(figure, arms, "latent_dim", _("latent size d"), row=1)
    return figure


def _charts(result: Result) -> dict[str, Chart]:
    arms = result.measured_arms()
    parts = (
        (_("-ELBO, reconstruction and KL, nats per image"), ("neg_elbo", "recon_loss", "kl")),
        (_("Active units"), ("active_units",)),
        (_("10-NN accuracy on mu"), ("knn_accuracy",)),
    )
    figure = panels(result, arms, "latent_dim", parts, height=760, top=0.5)
    label_values(figure, arms, "latent_dim", _("latent size d"))
    figure.update_xaxes(type="log")
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="normal", row=3, col=1)
    figure.update_layout(margin_t=56, legend_y=1.04, showlegend=True)
    return {
        "figures-by-size": Chart(
            figure,
            _("Median of the seeds; the band runs from the least to the greatest. Test images."),
        ),
        **reconstructions(result, "size"),
    }


def _enough(arms: Sequence[Arm], cost: Mapping[Arm, float]) -> Arm:
    """Return the first size that is about as good as the best."""
    return next(arm for arm in arms if cost[arm] <= min(cost.values()) * (1 + _NEAR))


def _short(result: Result) -> str:
    arms = by_value(result.arms, "latent_dim")
    cost = {arm: result.median(arm, "neg_elbo") for arm in arms}
    return _(
        "-ELBO is least with {leader}, and {enough} is the smallest size within one per cent of "
        "that. Neighbours among the codes predict the class best with {clearest}."
    ).format(
        leader=leader_words(result, arms, "neg_elbo"),
        enough=_enough(arms, cost).label,
        clearest=leader_words(result, arms, "knn_accuracy", greatest=True),
    )


def _finding(result: Result) -> str:
    arms = by_value(result.arms, "latent_dim")
    cost = {arm: result.median(arm, "neg_elbo") for arm in arms}
    active = {arm: result.median(arm, "active_units") for arm in arms}
    smallest, largest, best = arms[0], arms[-1], min(arms, key=lambda arm: cost[arm])
    enough = _enough(arms, cost)
    text = _(
        "-ELBO is {cost} nats with {smallest} and least with {best}, "
        "{least}; {enough} is the smallest size within one per cent of "
        "that. "
    ).format(
        cost=formatted(cost[smallest], ".1f"),
        smallest=smallest.label,
        best=best.label,
        least=formatted(cost[best], ".1f"),
        enough=enough.label,
    )
    if largest is not best:
        text += _("With {largest}, the largest, it is {cost}. ").format(
            largest=largest.label, cost=formatted(cost[largest], ".1f")
        )
    idle = [arm for arm in arms if active[arm] < float(arm.values["latent_dim"])]
    if idle:
        text += _("Not every dimension is used: with {label}, {active} are active").format(
            label=idle[0].label, active=formatted(active[idle[0]], "g")
        )
        if largest is not idle[0]:
            text += _(", with {largest}, {active}").format(
                largest=largest.label, active=formatted(active[largest], "g")
            )
        text += _(". The others would add more to the KL than they would save. ")
    else:
        text += _("Every dimension is used. ")
    clearest = max(arms, key=lambda arm: result.median(arm, "knn_accuracy"))
    return text + (
        _(
            "Neighbours predict the class best with {clearest} "
            "({accuracy}, against {other} with {smallest})."
        ).format(
            clearest=clearest.label,
            accuracy=formatted(result.median(clearest, "knn_accuracy"), ".3f"),
            other=formatted(result.median(smallest, "knn_accuracy"), ".3f"),
            smallest=smallest.label,
        )
    )


STUDY = Study(
    name="latent-size",
    title=N_("The latent size"),
    question=N_(
        "How does the number of latent dimensions change the reconstruction, the "
        "KL and the class information in the codes?"
    ),
    how=Method("latent-size"),
    epochs=10,
    arms=_arms,
    columns=standard("neg_elbo", "recon_loss", "kl", "active_units", "knn_accuracy", "mse"),
    charts=_charts,
    main=_cost,
    finding=_finding,
    short=_short,
    varies=N_("latent sizes"),
)

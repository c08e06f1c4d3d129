"""What the latent size changes: reconstruction, KL, and what the code is worth."""

from vae.studies.engine.base import (
    Arm,
    Chart,
    Result,
    Study,
    StudySettings,
    by_value,
    method,
    standard,
)
from vae.studies.engine.charts import label_values, panels, reconstructions

SIZES = (1, 2, 3, 5, 8, 10, 20, 32, 64, 128)
_NEAR = 0.01
"""As a share of the best -ELBO: what counts as about as good."""


def _arms(settings: StudySettings) -> list[Arm]:
    sizes = [int(value) for value in settings.values or SIZES]
    return [Arm(f"d = {d}", {"latent_dim": d}, model={"latent_dim": d}) for d in sizes]


def _charts(result: Result) -> dict[str, Chart]:
    arms = result.measured_arms()
    parts = (
        ("-ELBO, reconstruction and KL, nats per image", ("neg_elbo", "recon_loss", "kl")),
        ("Active units", ("active_units",)),
        ("10-NN accuracy on mu", ("knn_accuracy",)),
    )
    figure = panels(result, arms, "latent_dim", parts, height=760, top=0.5)
    label_values(figure, arms, "latent_dim", "latent size d")
    figure.update_xaxes(type="log")
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="normal", row=3, col=1)
    figure.update_layout(margin_t=56, legend_y=1.04, showlegend=True)
    return {
        "figures-by-size": Chart(
            figure,
            "Median of the seeds; the band runs from the least to the greatest. Test images.",
        ),
        **reconstructions(result, "size"),
    }


def _finding(result: Result) -> str:
    arms = by_value(result.arms, "latent_dim")
    cost = {arm: result.median(arm, "neg_elbo") for arm in arms}
    active = {arm: result.median(arm, "active_units") for arm in arms}
    smallest, largest, best = arms[0], arms[-1], min(arms, key=lambda arm: cost[arm])
    enough = next(arm for arm in arms if cost[arm] <= cost[best] * (1 + _NEAR))
    text = (
        f"-ELBO is {cost[smallest]:.1f} nats with {smallest.label} and least with {best.label}, "
        f"{cost[best]:.1f}; {enough.label} is the smallest size within one per cent of that. "
    )
    if largest is not best:
        text += f"With {largest.label}, the largest, it is {cost[largest]:.1f}. "
    idle = [arm for arm in arms if active[arm] < float(arm.values["latent_dim"])]
    if idle:
        text += f"Not every dimension is used: with {idle[0].label}, {active[idle[0]]:g} are active"
        if largest is not idle[0]:
            text += f", with {largest.label}, {active[largest]:g}"
        text += ". The others would add more to the KL than they would save. "
    else:
        text += "Every dimension is used. "
    clearest = max(arms, key=lambda arm: result.median(arm, "knn_accuracy"))
    return text + (
        f"Neighbours predict the class best with {clearest.label} "
        f"({result.median(clearest, 'knn_accuracy'):.3f}, against "
        f"{result.median(smallest, 'knn_accuracy'):.3f} with {smallest.label})."
    )


STUDY = Study(
    name="latent-size",
    title="The latent size",
    question="How does the number of latent dimensions change the reconstruction, the KL and the "
    "class information in the codes?",
    method=method("latent-size"),
    epochs=10,
    arms=_arms,
    columns=standard("neg_elbo", "recon_loss", "kl", "active_units", "knn_accuracy", "mse"),
    charts=_charts,
    finding=_finding,
    varies="latent sizes",
)

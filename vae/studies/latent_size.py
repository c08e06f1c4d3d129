"""What the latent size changes: reconstruction, KL, and what the code is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plotly.subplots import make_subplots

from vae.config import RunConfig
from vae.studies.engine.base import Arm, Chart, Column, Result, Study, StudySettings
from vae.studies.engine.charts import COLOURS, add_spread, beside_originals, picture_rows
from vae.studies.engine.pictures import ten_originals, ten_reconstructions

if TYPE_CHECKING:
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

SIZES = (1, 2, 3, 5, 8, 10, 20, 32, 64, 128)


def _arms(settings: StudySettings) -> list[Arm]:
    sizes = [int(value) for value in settings.values or SIZES]
    return [Arm(f"d = {d}", {"latent_dim": d}, model={"latent_dim": d}) for d in sizes]


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    return {"originals": ten_originals(subject), "test": ten_reconstructions(subject)}


COLUMNS = {
    "neg_elbo": Column("-ELBO", "nats", lambda record: record.neg_elbo),
    "recon_loss": Column("Reconstruction", "nats", lambda record: record.number("recon_loss")),
    "kl": Column("KL", "nats", lambda record: record.number("kl")),
    "active_units": Column("Active units", "", lambda r: r.number("active_units"), 0),
    "knn_accuracy": Column("10-NN accuracy", "", lambda r: r.number("knn_accuracy"), 3),
    "mse": Column("Squared error", "a pixel", lambda record: record.number("mse"), 4),
}


def _charts(result: Result) -> dict[str, Chart]:
    arms = result.measured_arms()
    panels = (
        ("-ELBO, reconstruction and KL, nats an image", ("neg_elbo", "recon_loss", "kl")),
        ("Active units", ("active_units",)),
        ("10-NN accuracy on mu", ("knn_accuracy",)),
    )
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[0.5, 0.25, 0.25],
        subplot_titles=[title for title, _ in panels],
    )  # fmt: skip
    place = 0
    for row, (_, columns) in enumerate(panels, start=1):
        for column in columns:
            add_spread(
                figure, result, arms, "latent_dim", column, colour=COLOURS[place], row=row, col=1
            )
            place += 1
    sizes = sorted({int(arm.values["latent_dim"]) for arm in arms})
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[str(d) for d in sizes])
    figure.update_xaxes(title_text="latent size d", row=3, col=1)
    figure.update_yaxes(rangemode="tozero", nticks=6)
    figure.update_yaxes(rangemode="normal", row=3, col=1)
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    figure.update_layout(height=760, margin={"l": 8, "r": 8, "t": 56, "b": 8}, showlegend=True)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom"})
    return {
        "figures-by-size": Chart(
            figure,
            "Median of the seeds; the band runs from the least to the greatest. Test images.",
        ),
        "reconstructions": Chart(
            picture_rows(beside_originals(result)),
            "The same ten test images, reconstructed from mu by the run of seed 0 of each size.",
        ),
    }


_NEAR = 0.01
"""As a share of the best -ELBO: what counts as about as good."""


def _finding(result: Result) -> str:
    arms = sorted(result.arms, key=lambda arm: float(arm.values["latent_dim"]))
    cost = {arm: result.median(arm, "neg_elbo") for arm in arms}
    smallest, largest, best = arms[0], arms[-1], min(arms, key=lambda arm: cost[arm])
    enough = next(arm for arm in arms if cost[arm] <= cost[best] * (1 + _NEAR))
    text = (
        f"-ELBO is {cost[smallest]:.1f} nats with {smallest.label} and least with {best.label}, "
        f"{cost[best]:.1f}; {enough.label} is the smallest size within one per cent of that. "
    )
    if largest is not best:
        text += f"With {largest.label}, the largest, it is {cost[largest]:.1f}. "
    idle = [arm for arm in arms if _active(result, arm) < float(arm.values["latent_dim"])]
    if idle:
        text += (
            f"Not every dimension is used: with {idle[0].label}, "
            f"{_active(result, idle[0]):g} are active"
        )
        if largest is not idle[0]:
            text += f", with {largest.label}, {_active(result, largest):g}"
        text += ". What the others would add to the KL is more than they would save. "
    else:
        text += "Every dimension is used. "
    clearest = max(arms, key=lambda arm: result.median(arm, "knn_accuracy"))
    return text + (
        f"Neighbours tell the class best with {clearest.label} "
        f"({result.median(clearest, 'knn_accuracy'):.3f}, against "
        f"{result.median(smallest, 'knn_accuracy'):.3f} with {smallest.label})."
    )


def _active(result: Result, arm: Arm) -> float:
    return result.median(arm, "active_units")


STUDY = Study(
    name="latent-size",
    title="The latent size",
    question="How does the number of latent dimensions change the reconstruction, the KL and what "
    "the code says of the class?",
    method="The same dense VAE (784-512-256-d and back, ReLU, LeCun initialisation, Bernoulli "
    "pixels in grey, batch 128, Adam 1e-3, one sample of z) for each latent size d. A dimension is "
    "active where its posterior mean varies by more than 0.01 over the test images (Burda et al. "
    "2016). The question is that of a course's laboratory sheet (Thome and Piwowarski, 2022), "
    "whose formula for log p(x) closes a bracket late: the logarithm is of the whole integral.",
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    finding=_finding,
    pictures=_pictures,
    varies="latent sizes",
)

"""Latent dimensions that are in use while an encoder grows: a chart, and what it says."""

import plotly.graph_objects as go

from vae.locale import _
from vae.studies.engine.base import Arm, Chart, Result, Spread
from vae.studies.engine.charts import add_band, by_epoch, colour_of, dress
from vae.studies.engine.wording import amount
from vae.studies.growth.marks import mark
from vae.studies.growth.parts import expansions, main_arms, name_of


def active_by_epoch(result: Result, arm: Arm) -> dict[float, Spread]:
    """Return the active latent dimensions after each epoch that was kept, over the seeds."""
    kept = [record.figures.get("active_by_epoch") or {} for record in result.records(arm)]
    return by_epoch(
        dict(zip(found.get("epoch", ()), found.get("active", ()), strict=True)) for found in kept
    )


def chart(result: Result) -> Chart | None:
    """Return the active dimensions by epoch, with a mark at each expansion."""
    figure = go.Figure()
    for place, arm in enumerate(main_arms(result)):
        found = active_by_epoch(result, arm)
        if found:
            add_band(figure, found, name=arm.label, colour=colour_of(place))
    if not figure.data:
        return None
    for change in expansions(result):
        mark(figure, change)
    dress(figure, _("epoch"), _("active latent dimensions"))
    figure.update_yaxes(rangemode="tozero")
    return Chart(
        figure,
        _(
            "Latent dimensions whose mean varies by more than 0.01 over the first "
            "test images, by epoch: median of the seeds, band from the least to the "
            "greatest. Dashed: expansions."
        ),
    )


def finding(result: Result) -> str:
    """Say how many dimensions are in use before the encoder grows, right after, and at the end."""
    first = result.arm(arm="approach-1")
    grown, target = (active_by_epoch(result, arm) for arm in (first, result.arm(arm="fixed")))
    changes = expansions(result)
    if not changes or not grown:
        return ""
    change, last = changes[0], max(grown)
    before, after = grown.get(change.epoch - 1), grown.get(change.epoch)
    if before is None or after is None or last not in target:
        return ""
    text = _(
        "**What remains from a small encoder.** After epoch {epoch}, the last "
        "before the first expansion (to {sizes}), approach 1 uses {before} "
        "latent dimensions; after the next epoch {after}; after epoch {last} "
        "{grown}. The fixed target uses {target} then. "
    ).format(
        epoch=change.epoch - 1,
        sizes=name_of(change),
        before=amount(before, 0),
        after=amount(after, 0),
        last=last,
        grown=amount(grown[last], 0),
        target=amount(target[last], 0),
    )
    if grown[last].high < target[last].low:
        text += _(
            "The dimensions that the decoder has learnt to ignore while the encoder "
            "was small stay unused when it is larger. "
        )
    return text.strip()

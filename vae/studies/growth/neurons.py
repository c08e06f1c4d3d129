"""What each neuron of an encoder that grows does, in words."""

import statistics
from collections.abc import Iterator

from vae.locale import _
from vae.locale.numbers import formatted
from vae.studies.engine.base import Result, over
from vae.studies.engine.wording import amount, several
from vae.studies.growth.measure import by_age, idle
from vae.studies.growth.parts import main_arms


def finding(result: Result) -> str:
    """Say how many neurons do nothing, and which matter more: old ones or young ones."""
    parts = []
    for arm in main_arms(result):
        found = [each for record in result.records(arm) if (each := idle(record)) is not None]
        if found:
            counts = over([float(sum(each)) for each in found])
            parts.append(
                _("{n} of {total} for {arm}").format(
                    n=amount(counts, 0), total=max(map(len, found)), arm=arm.label
                )
            )
    if not parts:
        return ""
    text = _(
        "**What does each neuron do?** Neurons of the first hidden layer that do "
        "nothing (the change of -ELBO without them is within two standard errors "
        "of 0): {parts}. "
    ).format(parts=several(parts))
    return text + " ".join(_by_age(result))


def _by_age(result: Result) -> Iterator[str]:
    found = [by_age(record) for record in result.records(result.arm(arm="approach-1"))]
    epochs = sorted({epoch for ages in found for epoch in ages})
    if len(epochs) < 2:
        return
    shares, effects = {}, {}
    for epoch in epochs:
        mine = [ages[epoch] for ages in found if epoch in ages]
        shares[epoch] = over([statistics.fmean(idle for _change, idle in group) for group in mine])
        effects[epoch] = over(
            [statistics.fmean(change for change, _idle in group) for group in mine]
        )
    oldest = epochs[0]
    yield (
        _(
            "In approach 1, by the epoch from which on the encoder has them, the "
            "share that does nothing and the mean change of -ELBO without one: "
        )
        + "; ".join(
            (
                _("from the start, {share} and {change} nats")
                if epoch == oldest
                else _("from {epoch}, {share} and {change} nats")
            ).format(
                epoch=epoch,
                share=formatted(shares[epoch].median, ".0%"),
                change=formatted(effects[epoch].median, "+.2f"),
            )
            for epoch in epochs
        )
        + "."
    )
    youngest = epochs[1:]
    less = all(effects[epoch].high < effects[oldest].low for epoch in youngest)
    more = all(effects[epoch].low > effects[oldest].high for epoch in youngest)
    if not less and not more:
        yield _(
            "Neither neurons from the start nor neurons of each expansion matter more throughout."
        )
        return
    yield _("Those added later have been trained for fewer epochs, too.")
    if result.settings.seeds == 1:
        yield (
            _("Neurons from the start matter more in the mean than neurons of each expansion.")
            if less
            else _("Neurons of each expansion matter more in the mean than neurons from the start.")
        )
        return
    yield (
        _(
            "With every seed, neurons from the start matter more in the mean than neurons of each "
            "expansion."
        )
        if less
        else _(
            "With every seed, neurons of each expansion matter more in the mean than neurons from "
            "the start."
        )
    )

"""What the study of growth finds, in words that follow from the numbers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from vae.measures.bounds import SAMPLE_COUNTS
from vae.studies.engine.base import Arm, Result
from vae.studies.engine.verdicts import paragraphs
from vae.studies.engine.wording import against, amount, over, overlap, several, sign, spread_of
from vae.studies.growth import activity
from vae.studies.growth.measure import by_age, deviation, idle, jumps, rises
from vae.studies.growth.parts import (
    differences,
    expansions,
    main_arms,
    name_of,
    rise_spreads,
    variant_arms,
    variant_epochs,
    variant_name,
    variants_beside,
)

AHEAD_FROM = 37
"""From this epoch on the report finds its approach 2 below the fixed target."""
_ALL = 7
_BATCH = 128


def finding(result: Result) -> str:
    """Return a paragraph for each question."""
    parts = [
        _final_loss(result),
        activity.finding(result),
        _spikes(result),
        _causes(result),
        _approach_2(result),
        _deviations(result),
        _neurons(result),
    ]
    return paragraphs(result, parts)


def _final_loss(result: Result) -> str:
    seeds = result.settings.seeds
    fixed, first = result.arm(arm="fixed"), result.arm(arm="approach-1")
    second = result.arm(arm="approach-2")
    target, grown, cut = (spread_of(result, arm, "neg_elbo") for arm in (fixed, first, second))
    text = (
        "**The same final loss?** "
        f"After {result.settings.epochs} epochs test -ELBO is {amount(target)} nats for the fixed "
        f"target, {amount(grown)} for approach 1 and {amount(cut)} for approach 2. Approach 1 "
        f"has {against(grown, target, 'the target', seeds=seeds)}; approach 2 has "
        f"{against(cut, target, 'the target', seeds=seeds)}. Active latent dimensions: "
        + ", ".join(
            f"{amount(spread_of(result, arm, 'active_units'), 0)} ({arm.label})"
            for arm in (fixed, first, second)
        )
        + "."
    )
    there = len(expansions(result))
    if there < _ALL:
        text += (
            f" The report's schedule expands after every 25 epochs: {result.settings.epochs} "
            f"epochs reach {there} of its seven expansions, so approach 1 has not become the "
            "target, and this says nothing yet about the report's finding."
        )
        return text
    if seeds == 1:
        return f"{text} The report finds the same final loss."
    agrees = "no difference" if overlap(grown, target) else "a difference"
    return (
        f"{text} The report finds the same final loss; beyond the seeds' spread there is {agrees} "
        "of approach 1 here."
    )


def _greatest_rise(result: Result) -> float | None:
    """The fixed target's, from the first expansion on: what wavering alone comes to."""
    changes = expansions(result)
    since = changes[0].epoch if changes else 2
    entries = result.of(result.arm(arm="fixed"))
    found = [value for entry in entries for value in rises(entry.record, since).values()]
    return max(found, default=None)


def _spikes(result: Result) -> str:
    head = "**A spike at each expansion?** "
    usual = _greatest_rise(result)
    if not expansions(result) or usual is None:
        return head + (
            f"{result.settings.epochs} epochs do not reach the report's first expansion, after "
            "epoch 25, so there is none to see."
        )
    text = head + (
        "The rise is test -ELBO after the first epoch with a new structure minus that after the "
        "epoch before. The fixed target wavers too: from the first one on, it rises by up to "
        f"{usual:.2f} nats over an epoch. "
    )
    for arm in main_arms(result):
        if arm.values["arm"] == "fixed":
            continue
        found = [jumps(entry.record) for entry in result.of(arm)]
        there, spreads = rise_spreads(found, expansions(result))
        told = [
            f"{amount(spread, signed=True)} at {name_of(change)}"
            for change, spread in zip(there, spreads, strict=True)
        ]
        above = [
            name_of(change)
            for change, spread in zip(there, spreads, strict=True)
            if spread.median > usual
        ]
        which = f" ({several(above)})" if 0 < len(above) < len(there) else ""
        text += (
            f"{arm.label.capitalize()}: {', '.join(told)} nats; {len(above)} of {len(there)} "
            f"medians{which} are above that. "
        )
    return text.strip()


def _causes(result: Result) -> str:
    head = "**What makes it?** "
    grown = result.arm(arm="approach-1")
    he, zero = (spread_of(result, grown, f"surgery_{kind}") for kind in ("he", "zero"))
    text = head + (
        "When approach 1's trained encoder is expanded once more, -ELBO changes at once, before "
        f"any training, by {amount(he, signed=True)} nats with drawn weights out of the new "
        f"neurons, and by {amount(zero, 4, signed=True)} with zero ones, which leave what the "
        "encoder computes as it was. "
    )
    last = variant_epochs(result)
    changes = expansions(result, last)
    if not changes or not variants_beside(result):
        return text.strip()
    means = {arm.label: _mean_jumps(result, arm, last) for arm in variant_arms(result)}
    told = [
        f"{variant_name(arm)}: {amount(over(list(means[arm.label].values())), signed=True)}"
        for arm in variant_arms(result)
    ]
    text += (
        "After the first epoch of training, mean over the "
        f"{_count(len(changes), 'expansion')} of the first {last} epochs: {'; '.join(told)} nats. "
    )
    by_kind = {
        (arm.values["outgoing"], arm.values["moments"]): means[arm.label]
        for arm in variant_arms(result)
    }
    text += _effect(
        result,
        "zero weights instead of drawn ones",
        {
            seed: statistics.fmean(
                by_kind["zero", kind][seed] - by_kind["he", kind][seed]
                for kind in ("fresh", "carried")
            )
            for seed in by_kind["he", "fresh"]
        },
    )
    text += _effect(
        result,
        "Adam carried on instead of afresh",
        {
            seed: statistics.fmean(
                by_kind[kind, "carried"][seed] - by_kind[kind, "fresh"][seed]
                for kind in ("he", "zero")
            )
            for seed in by_kind["he", "fresh"]
        },
    )
    return text + _ends(result, last)


def _mean_jumps(result: Result, arm: Arm, last: int) -> dict[int, float]:
    """Return the mean rise over an arm's expansions until an epoch, by seed."""
    return {
        entry.seed: statistics.fmean(
            value for epoch, value in jumps(entry.record).items() if epoch <= last
        )
        for entry in result.of(arm)
    }


def _effect(result: Result, what: str, by_seed: dict[int, float]) -> str:
    found = over(list(by_seed.values()))
    if not any(round(value, 2) for value in found):
        return f"With {what}, that rise stays the same. "
    text = f"With {what}, that rise changes by {amount(found, signed=True)} nats"
    if result.settings.seeds == 1:
        return f"{text}. "
    if sign(found) == 0:
        return f"{text}: within the seeds' spread. "
    return f"{text}: {'more' if found.median > 0 else 'less'} with every seed. "


def _ends(result: Result, last: int) -> str:
    """Say where the ways of joining new neurons are at the same epoch."""
    told = []
    for arm in (result.arm(arm="fixed"), *variant_arms(result)):
        values = [
            dict(zip(*entry.record.curve(), strict=True)).get(last) for entry in result.of(arm)
        ]
        known = [value for value in values if value is not None]
        name = "the fixed target" if arm.values["arm"] == "fixed" else variant_name(arm)
        if known:
            told.append(f"{name}, {amount(over(known))}")
    return f"After epoch {last}, -ELBO is: {'; '.join(told)} nats."


def _approach_2(result: Result) -> str:
    head = f"**Is approach 2 ahead from epoch {AHEAD_FROM} on?** "
    second, fixed = result.arm(arm="approach-2"), result.arm(arm="fixed")
    late = {e: s for e, s in differences(result, second).items() if e >= AHEAD_FROM}
    if not late:
        return head + f"{result.settings.epochs} epochs do not reach it."
    target = {
        entry.seed: dict(zip(*entry.record.curve(), strict=True)) for entry in result.of(fixed)
    }
    means = [
        statistics.fmean(
            value - target[entry.seed][epoch]
            for epoch, value in zip(*entry.record.curve(), strict=True)
            if epoch in late
        )
        for entry in result.of(second)
    ]
    found = over(means)
    share = statistics.fmean(spread.median < 0 for spread in late.values())
    text = head + (
        f"From epoch {AHEAD_FROM} to {max(late)}, approach 2 minus the fixed target of the same "
        f"seed is {amount(found, signed=True)} nats in the mean, and its median over the seeds is "
        f"below 0 in {share:.0%} of the epochs. "
    )
    if result.settings.seeds == 1:
        told = "is below the target in the mean" if found.median < 0 else "is not below the target"
        return f"{text}So it {told}. The report finds it below from there on."
    if sign(found) < 0:
        told = "it is below the target in the mean with every seed, as the report finds"
    elif sign(found) > 0:
        told = "it is above the target in the mean with every seed, where the report finds it below"
    else:
        told = "the difference is within the seeds' spread, where the report finds it below"
    return f"{text}So {told}."


def _deviations(result: Result) -> str:
    seeds = result.settings.seeds
    most = max(SAMPLE_COUNTS)
    told, single = [], {}
    for arm in main_arms(result):
        ends = []
        for count in (1, most):
            values = [deviation(entry.record, count) for entry in result.of(arm)]
            known = [value for value in values if value is not None]
            if not known:
                return ""
            ends.append(over(known))
        single[arm.label] = ends[0]
        fall = ends[0].median / ends[1].median
        told.append(
            f"{arm.label}, {amount(ends[0])} nats with L = 1 and {amount(ends[1])} with L = {most} "
            f"({fall:.1f} times less)"
        )
    fixed = single.pop(result.arm(arm="fixed").label)
    text = (
        f"**How much does the ELBO of an image waver with L?** {'; '.join(told)}. Independent "
        f"samples give 1/sqrt(L), so {math.sqrt(most):g} times less. "
    )
    text += "".join(
        f"With L = 1, {name} has {against(spread, fixed, 'the target', seeds=seeds)}. "
        for name, spread in single.items()
    )
    return text + _batch_noise(result, fixed.median)


def _batch_noise(result: Result, deviation_1: float) -> str:
    entries = result.of(result.arm(arm="fixed"))
    between = [entry.record.number("std_between_images") for entry in entries]
    known = [value for value in between if value is not None]
    if not known:
        return ""
    images = statistics.median(known)

    def of_mean(samples: int) -> float:
        return math.sqrt((images**2 + deviation_1**2 / samples) / _BATCH)

    return (
        f"Images differ from one another by {images:.1f} nats (standard deviation, fixed target), "
        f"so the mean over a batch of {_BATCH} wavers by {of_mean(1):.3f} nats with L = 1 and by "
        f"{of_mean(20):.3f} with L = 20."
    )


def _neurons(result: Result) -> str:
    told = []
    for arm in main_arms(result):
        counts, totals = [], []
        for entry in result.of(arm):
            nothing = idle(entry.record)
            if nothing is not None:
                counts.append(float(sum(nothing)))
                totals.append(len(nothing))
        if counts:
            told.append(f"{amount(over(counts), 0)} of {max(totals)} for {arm.label}")
    if not told:
        return ""
    text = (
        "**What does each neuron do?** Neurons of the first hidden layer that do nothing (the "
        "change of -ELBO without them is within two standard errors of 0): "
        f"{several(told)}. "
    )
    return text + " ".join(_by_age(result))


def _by_age(result: Result) -> Iterator[str]:
    found = [by_age(entry.record) for entry in result.of(result.arm(arm="approach-1"))]
    epochs = sorted({epoch for ages in found for epoch in ages})
    if len(epochs) < 2:
        return
    shares, effects = {}, {}
    for epoch in epochs:
        mine = [ages[epoch] for ages in found if epoch in ages]
        shares[epoch] = over([statistics.fmean(idle for _, idle in group) for group in mine])
        effects[epoch] = over([statistics.fmean(change for change, _ in group) for group in mine])
    oldest = epochs[0]
    yield (
        "In approach 1, by the epoch from which on the encoder has them, the share that does "
        "nothing and the mean change of -ELBO without one: "
        + "; ".join(
            f"{'from the start' if epoch == oldest else f'from {epoch}'}, "
            f"{shares[epoch].median:.0%} and {effects[epoch].median:+.2f} nats"
            for epoch in epochs
        )
        + "."
    )
    youngest = epochs[1:]
    less = all(effects[epoch].high < effects[oldest].low for epoch in youngest)
    more = all(effects[epoch].low > effects[oldest].high for epoch in youngest)
    start, later = "neurons from the start", "neurons of each expansion"
    if not less and not more:
        yield f"Neither {start} nor {later} matter more throughout."
        return
    first, second = (start, later) if less else (later, start)
    told = f"{first} matter more in the mean than {second}."
    yield "Those added later have been trained for fewer epochs, too."
    yield told.capitalize() if result.settings.seeds == 1 else f"With every seed, {told}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"

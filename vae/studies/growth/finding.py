"""What the study of growth finds, in words that follow from the numbers."""

import math
import statistics
from collections.abc import Iterator

from vae.measures.bounds import SAMPLE_COUNTS
from vae.studies.engine.base import Arm, Result, over
from vae.studies.engine.wording import (
    WITHIN,
    against,
    amount,
    overlap,
    paragraphs,
    several,
    sign,
)
from vae.studies.growth import activity
from vae.studies.growth.measure import by_age, elbo_std, idle, jumps, rises
from vae.studies.growth.parts import (
    differences,
    differences_by_seed,
    expansions,
    has_variants,
    main_arms,
    name_of,
    rise_spreads,
    variant_arms,
    variant_epochs,
    variant_name,
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
        _elbo_std(result),
        _neurons(result),
    ]
    return paragraphs(result, parts)


def _final_loss(result: Result) -> str:
    seeds = result.settings.seeds
    fixed, first = result.arm(arm="fixed"), result.arm(arm="approach-1")
    second = result.arm(arm="approach-2")
    target, grown, cut = (result.spread_of(arm, "neg_elbo") for arm in (fixed, first, second))
    text = (
        "**The same final loss?** "
        f"After {result.settings.epochs} epochs test -ELBO is {amount(target)} nats for the fixed "
        f"target, {amount(grown)} for approach 1 and {amount(cut)} for approach 2. Approach 1 "
        f"has {against(grown, target, 'the target', seeds=seeds)}; approach 2 has "
        f"{against(cut, target, 'the target', seeds=seeds)}. Active latent dimensions: "
        + ", ".join(
            f"{amount(result.spread_of(arm, 'active_units'), 0)} ({arm.label})"
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
    """Return the fixed target's, from the first expansion on: the fluctuation without growth."""
    changes = expansions(result)
    since = changes[0].epoch if changes else 2
    records = result.records(result.arm(arm="fixed"))
    found = [value for record in records for value in rises(record, since).values()]
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
        "epoch before. The fixed target fluctuates too: from the first one on, it rises by up "
        f"to {usual:.2f} nats over an epoch. "
    )
    for arm in main_arms(result):
        if arm.values["arm"] == "fixed":
            continue
        found = [jumps(record) for record in result.records(arm)]
        spreads = rise_spreads(found, expansions(result))
        rises_at = [
            f"{amount(spread, signed=True)} at {name_of(change)}"
            for change, spread in spreads.items()
        ]
        above = [name_of(change) for change, spread in spreads.items() if spread.median > usual]
        which = f" ({several(above)})" if 0 < len(above) < len(spreads) else ""
        text += (
            f"{arm.label.capitalize()}: {', '.join(rises_at)} nats; {len(above)} of {len(spreads)} "
            f"medians{which} are above that. "
        )
    return text.strip()


def _causes(result: Result) -> str:
    head = "**What causes it?** "
    grown = result.arm(arm="approach-1")
    he, zero = (result.spread_of(grown, f"surgery_{kind}") for kind in ("he", "zero"))
    text = head + (
        "When approach 1's trained encoder is expanded once more, -ELBO changes at once, before "
        f"any training, by {amount(he, signed=True)} nats with drawn weights out of the new "
        f"neurons, and by {amount(zero, 4, signed=True)} with zero ones, which leave what the "
        "encoder computes as it was. "
    )
    last = variant_epochs(result)
    changes = expansions(result, last)
    if not changes or not has_variants(result):
        return text.strip()
    arms = variant_arms(result)
    means = {
        (arm.values["outgoing"], arm.values["moments"]): _mean_jumps(result, arm, last)
        for arm in arms
    }
    by_arm = [
        f"{variant_name(arm)}: {amount(over(list(mean.values())), signed=True)}"
        for arm, mean in zip(arms, means.values(), strict=True)
    ]
    text += (
        "After the first epoch of training, mean over the "
        f"{_count(len(changes), 'expansion')} of the first {last} epochs: "
        f"{'; '.join(by_arm)} nats. "
    )
    zeros, drawn = ([means[kind, adam] for adam in ("fresh", "carried")] for kind in ("zero", "he"))
    carried, fresh = (
        [means[kind, adam] for kind in ("he", "zero")] for adam in ("carried", "fresh")
    )
    text += _effect(result, "zero weights instead of drawn ones", zeros, drawn)
    text += _effect(result, "Adam carried on instead of afresh", carried, fresh)
    return text + _ends(result, last)


def _mean_jumps(result: Result, arm: Arm, last: int) -> dict[int, float]:
    """Return the mean rise over an arm's expansions until an epoch, by seed."""
    return {
        entry.seed: statistics.fmean(
            value for epoch, value in jumps(entry.record).items() if epoch <= last
        )
        for entry in result.of(arm)
    }


def _effect(
    result: Result, what: str, with_it: list[dict[int, float]], without: list[dict[int, float]]
) -> str:
    found = over(
        [
            statistics.fmean(
                one[seed] - other[seed] for one, other in zip(with_it, without, strict=True)
            )
            for seed in without[0]
        ]
    )
    if not any(round(value, 2) for value in found):
        return f"With {what}, that rise stays the same. "
    text = f"With {what}, that rise changes by {amount(found, signed=True)} nats"
    if result.settings.seeds == 1:
        return f"{text}. "
    if sign(found) == 0:
        return f"{text}: {WITHIN}. "
    return f"{text}: {'more' if found.median > 0 else 'less'} with every seed. "


def _ends(result: Result, last: int) -> str:
    """Say where the ways of joining new neurons are at the same epoch."""
    ends = []
    for arm in (result.arm(arm="fixed"), *variant_arms(result)):
        values = [record.curve().get(last) for record in result.records(arm)]
        known = [value for value in values if value is not None]
        name = "the fixed target" if arm.values["arm"] == "fixed" else variant_name(arm)
        if known:
            ends.append(f"{name}, {amount(over(known))}")
    return f"After epoch {last}, -ELBO is: {'; '.join(ends)} nats."


def _approach_2(result: Result) -> str:
    head = f"**Is approach 2 ahead from epoch {AHEAD_FROM} on?** "
    second = result.arm(arm="approach-2")
    late = {e: s for e, s in differences(result, second).items() if e >= AHEAD_FROM}
    if not late:
        return head + f"{result.settings.epochs} epochs do not reach it."
    found = over(
        [
            statistics.fmean(value for epoch, value in gaps.items() if epoch in late)
            for gaps in differences_by_seed(result, second).values()
        ]
    )
    share = statistics.fmean(spread.median < 0 for spread in late.values())
    text = head + (
        f"From epoch {AHEAD_FROM} to {max(late)}, approach 2 minus the fixed target of the same "
        f"seed is {amount(found, signed=True)} nats in the mean, and its median over the seeds is "
        f"below 0 in {share:.0%} of the epochs. "
    )
    if result.settings.seeds == 1:
        verdict = "below the target in the mean" if found.median < 0 else "not below the target"
        return f"{text}So it is {verdict}. The report finds it below from there on."
    if sign(found) < 0:
        verdict = "it is below the target in the mean with every seed, as the report finds"
    elif sign(found) > 0:
        verdict = (
            "it is above the target in the mean with every seed, where the report finds it below"
        )
    else:
        verdict = f"the difference is {WITHIN}, where the report finds it below"
    return f"{text}So {verdict}."


def _elbo_std(result: Result) -> str:
    seeds = result.settings.seeds
    most = max(SAMPLE_COUNTS)
    parts, single = [], {}
    for arm in main_arms(result):
        ends = []
        for count in (1, most):
            values = [elbo_std(record, count) for record in result.records(arm)]
            known = [value for value in values if value is not None]
            if not known:
                return ""
            ends.append(over(known))
        single[arm.label] = ends[0]
        fall = ends[0].median / ends[1].median
        parts.append(
            f"{arm.label}, {amount(ends[0])} nats with L = 1 and {amount(ends[1])} with L = {most} "
            f"({fall:.1f} times less)"
        )
    fixed = single.pop(result.arm(arm="fixed").label)
    text = (
        "**How much does the estimate of an image's ELBO vary with L?** "
        f"{'; '.join(parts)}. Independent samples give 1/sqrt(L), so {math.sqrt(most):g} times "
        "less. "
    )
    text += "".join(
        f"With L = 1, {name} has {against(spread, fixed, 'the target', seeds=seeds)}. "
        for name, spread in single.items()
    )
    return text + _batch_noise(result, fixed.median)


def _batch_noise(result: Result, std_1: float) -> str:
    records = result.records(result.arm(arm="fixed"))
    between = [record.number("std_between_images") for record in records]
    known = [value for value in between if value is not None]
    if not known:
        return ""
    images = statistics.median(known)

    def of_mean(samples: int) -> float:
        return math.sqrt((images**2 + std_1**2 / samples) / _BATCH)

    return (
        f"Images differ from one another by {images:.1f} nats (standard deviation, fixed target), "
        f"so the mean over a batch of {_BATCH} has a standard deviation of {of_mean(1):.3f} nats "
        f"with L = 1 and of {of_mean(20):.3f} with L = 20."
    )


def _neurons(result: Result) -> str:
    parts = []
    for arm in main_arms(result):
        found = [each for record in result.records(arm) if (each := idle(record)) is not None]
        if found:
            counts = over([float(sum(each)) for each in found])
            parts.append(f"{amount(counts, 0)} of {max(map(len, found))} for {arm.label}")
    if not parts:
        return ""
    text = (
        "**What does each neuron do?** Neurons of the first hidden layer that do nothing (the "
        "change of -ELBO without them is within two standard errors of 0): "
        f"{several(parts)}. "
    )
    return text + " ".join(_by_age(result))


def _by_age(result: Result) -> Iterator[str]:
    found = [by_age(record) for record in result.records(result.arm(arm="approach-1"))]
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
    more_useful = f"{first} matter more in the mean than {second}."
    yield "Those added later have been trained for fewer epochs, too."
    yield (
        more_useful.capitalize()
        if result.settings.seeds == 1
        else f"With every seed, {more_useful}"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"

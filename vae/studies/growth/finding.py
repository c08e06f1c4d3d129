"""What the study of growth finds, in words that follow from the numbers."""

import math
import statistics

from vae.locale import _, ngettext
from vae.locale.numbers import formatted
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
from vae.studies.growth import activity, neurons
from vae.studies.growth.measure import elbo_std, jumps, rises
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
        neurons.finding(result),
    ]
    return paragraphs(result, parts)


def short(result: Result) -> str:
    """Return where the encoders end, in two sentences."""
    seeds, epochs = result.settings.seeds, result.settings.epochs
    target, grown, cut = (
        result.spread_of(result.arm(arm=name), "neg_elbo")
        for name in ("fixed", "approach-1", "approach-2")
    )
    return _(
        "After {epochs} epochs test -ELBO is {target} nats for the fixed target, {grown} for "
        "approach 1 and {cut} for approach 2. Approach 1 has {first}; approach 2 has {second}."
    ).format(
        epochs=epochs,
        target=amount(target),
        grown=amount(grown),
        cut=amount(cut),
        first=against(grown, target, _("the target"), seeds=seeds),
        second=against(cut, target, _("the target"), seeds=seeds),
    )


def _final_loss(result: Result) -> str:
    seeds = result.settings.seeds
    fixed, first = result.arm(arm="fixed"), result.arm(arm="approach-1")
    second = result.arm(arm="approach-2")
    target, grown = (result.spread_of(arm, "neg_elbo") for arm in (fixed, first))
    active = ", ".join(
        f"{amount(result.spread_of(arm, 'active_units'), 0)} ({arm.label})"
        for arm in (fixed, first, second)
    )
    text = " ".join(
        (
            _("**The same final loss?**"),
            short(result),
            _("Active latent dimensions: {active}.").format(active=active),
        )
    )
    there = len(expansions(result))
    if there < _ALL:
        text += " " + _(
            "The report's schedule expands after every 25 epochs: {epochs} epochs "
            "reach {there} of its seven expansions, so approach 1 has not become the "
            "target, and this says nothing yet about the report's finding."
        ).format(epochs=result.settings.epochs, there=there)
        return text
    if seeds == 1:
        return text + " " + _("The report finds the same final loss.")
    report = (
        _(
            "The report finds the same final loss; beyond the seeds' spread there is no "
            "difference of approach 1 here."
        )
        if overlap(grown, target)
        else _(
            "The report finds the same final loss; beyond the seeds' spread there is a difference "
            "of approach 1 here."
        )
    )
    return f"{text} {report}"


def _greatest_rise(result: Result) -> float | None:
    """Return the fixed target's, from the first expansion on: the fluctuation without growth."""
    changes = expansions(result)
    since = changes[0].epoch if changes else 2
    records = result.records(result.arm(arm="fixed"))
    found = [value for record in records for value in rises(record, since).values()]
    return max(found, default=None)


def _spikes(result: Result) -> str:
    head = _("**A spike at each expansion?**") + " "
    usual = _greatest_rise(result)
    if not expansions(result) or usual is None:
        return head + (
            _(
                "{epochs} epochs do not reach the report's first expansion, after epoch "
                "25, so there is none to see."
            ).format(epochs=result.settings.epochs)
        )
    text = head + (
        _(
            "The rise is test -ELBO after the first epoch with a new structure minus "
            "that after the epoch before. The fixed target fluctuates too: from the "
            "first one on, it rises by up to {usual} nats over an epoch. "
        ).format(usual=formatted(usual, ".2f"))
    )
    for arm in main_arms(result):
        if arm.values["arm"] == "fixed":
            continue
        found = [jumps(record) for record in result.records(arm)]
        spreads = rise_spreads(found, expansions(result))
        rises_at = [
            _("{value} at {sizes}").format(value=amount(spread, signed=True), sizes=name_of(change))
            for change, spread in spreads.items()
        ]
        above = [name_of(change) for change, spread in spreads.items() if spread.median > usual]
        which = f" ({several(above)})" if 0 < len(above) < len(spreads) else ""
        text += _("{arm}: {rises_at} nats; {n} of {total} medians{which} are above that. ").format(
            arm=arm.label.capitalize(),
            rises_at=", ".join(rises_at),
            n=len(above),
            total=len(spreads),
            which=which,
        )
    return text.strip()


def _causes(result: Result) -> str:
    head = _("**What causes it?**") + " "
    grown = result.arm(arm="approach-1")
    he, zero = (result.spread_of(grown, f"surgery_{kind}") for kind in ("he", "zero"))
    text = head + (
        _(
            "When approach 1's trained encoder is expanded once more, -ELBO changes "
            "at once, before any training, by {he} nats with drawn weights out of "
            "the new neurons, and by {zero} with zero ones, which leave what the "
            "encoder computes as it was. "
        ).format(he=amount(he, signed=True), zero=amount(zero, 4, signed=True))
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
    text += _(
        "After the first epoch of training, mean over the {count} of the first "
        "{last} epochs: {by_arm} nats. "
    ).format(count=_count(len(changes)), last=last, by_arm="; ".join(by_arm))
    zeros, drawn = ([means[kind, adam] for adam in ("fresh", "carried")] for kind in ("zero", "he"))
    carried, fresh = (
        [means[kind, adam] for kind in ("he", "zero")] for adam in ("carried", "fresh")
    )
    text += _effect(result, _("zero weights instead of drawn ones"), zeros, drawn)
    text += _effect(result, _("Adam carried on instead of afresh"), carried, fresh)
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
        return _("With {what}, that rise stays the same. ").format(what=what)
    text = _("With {what}, that rise changes by {found} nats").format(
        what=what, found=amount(found, signed=True)
    )
    if result.settings.seeds == 1:
        return f"{text}. "
    if sign(found) == 0:
        return f"{text}: {_(WITHIN)}. "
    seeds = _("more with every seed") if found.median > 0 else _("less with every seed")
    return f"{text}: {seeds}. "


def _ends(result: Result, last: int) -> str:
    """Say where the ways of joining new neurons are at the same epoch."""
    ends = []
    for arm in (result.arm(arm="fixed"), *variant_arms(result)):
        values = [record.curve().get(last) for record in result.records(arm)]
        known = [value for value in values if value is not None]
        name = _("the fixed target") if arm.values["arm"] == "fixed" else variant_name(arm)
        if known:
            ends.append(f"{name}, {amount(over(known))}")
    return _("After epoch {last}, -ELBO is: {ends} nats.").format(last=last, ends="; ".join(ends))


def _approach_2(result: Result) -> str:
    head = _("**Is approach 2 ahead from epoch {epoch} on?**").format(epoch=AHEAD_FROM) + " "
    second = result.arm(arm="approach-2")
    late = {e: s for e, s in differences(result, second).items() if e >= AHEAD_FROM}
    if not late:
        return head + _("{epochs} epochs do not reach it.").format(epochs=result.settings.epochs)
    found = over(
        [
            statistics.fmean(value for epoch, value in gaps.items() if epoch in late)
            for gaps in differences_by_seed(result, second).values()
        ]
    )
    share = statistics.fmean(spread.median < 0 for spread in late.values())
    text = head + (
        _(
            "From epoch {ahead_from} to {late}, approach 2 minus the fixed target of "
            "the same seed is {found} nats in the mean, and its median over the "
            "seeds is below 0 in {share} of the epochs. "
        ).format(
            ahead_from=AHEAD_FROM,
            late=max(late),
            found=amount(found, signed=True),
            share=formatted(share, ".0%"),
        )
    )
    if result.settings.seeds == 1:
        return text + (
            _("So it is below the target in the mean. The report finds it below from there on.")
            if found.median < 0
            else _("So it is not below the target. The report finds it below from there on.")
        )
    if sign(found) < 0:
        verdict = _("So it is below the target in the mean with every seed, as the report finds.")
    elif sign(found) > 0:
        verdict = _(
            "So it is above the target in the mean with every seed, where the report finds it "
            "below."
        )
    else:
        verdict = _("So the difference is {within}, where the report finds it below.").format(
            within=_(WITHIN)
        )
    return text + verdict


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
            _("{arm}, {one} nats with L = 1 and {many} with L = {most} ({fall} times less)").format(
                arm=arm.label,
                one=amount(ends[0]),
                many=amount(ends[1]),
                most=most,
                fall=formatted(fall, ".1f"),
            )
        )
    fixed = single.pop(result.arm(arm="fixed").label)
    text = _(
        "**How much does the estimate of an image's ELBO vary with L?** {parts}. "
        "Independent samples give 1/sqrt(L), so {times} times less. "
    ).format(parts="; ".join(parts), times=formatted(math.sqrt(most), "g"))
    text += "".join(
        _("With L = 1, {name} has {against}. ").format(
            name=name, against=against(spread, fixed, _("the target"), seeds=seeds)
        )
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

    return _(
        "Images differ from one another by {images} nats (standard deviation, "
        "fixed target), so the mean over a batch of {batch} has a standard "
        "deviation of {one} nats with L = 1 and of {many} with L = 20."
    ).format(
        images=formatted(images, ".1f"),
        batch=_BATCH,
        one=formatted(of_mean(1), ".3f"),
        many=formatted(of_mean(20), ".3f"),
    )


def _count(number: int) -> str:
    return ngettext("{n} expansion", "{n} expansions", number).format(n=number)

"""What more samples of z give in training: learning curves, time, and the gradient's variance."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Generator

from vae.config import RunConfig
from vae.data import pixels
from vae.figures.style import one_two_five
from vae.locale import N_, _, ngettext
from vae.locale.numbers import formatted
from vae.measures.base import evenly
from vae.measures.gradients import gradient_noise
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Method,
    Result,
    Spread,
    Study,
    StudySettings,
    by_value,
    over,
    standard,
)
from vae.studies.engine.charts import add_band, add_curve, colour_of, dress
from vae.studies.engine.records import Record
from vae.studies.engine.wording import difference, leader_words, paragraphs, several, value
from vae.training.metrics import EVAL_SEED, model_device

if TYPE_CHECKING:
    from vae.measures import Subject

COUNTS = (1, 5, 20)
LATENT_DIM = 20
GRADIENT_COUNTS = (1, 5, 20)
"""Numbers L of samples for which the gradient of each trained model is measured."""
BATCHES = 8
BATCH_SIZE = 128
DRAWS = 8
"""Times that the noise is sampled for each batch: the sum over a million weights evens out."""


def _arms(settings: StudySettings) -> list[Arm]:
    # A number with a part is left as it is: the config refuses it with a sentence.
    counts = [int(v) if v == int(v) else v for v in settings.values or COUNTS]
    return [
        Arm(
            f"L = {count:g}",
            {"samples": count},
            model={"latent_dim": LATENT_DIM},
            train={"samples": count},
        )
        for count in dict.fromkeys(counts)
    ]


# ---- what is measured ----------------------------------------------------------------------------


def _measure(subject: Subject, config: RunConfig) -> dict[str, Any]:
    device = model_device(subject.model)
    chosen = evenly(subject.data.train, BATCHES * BATCH_SIZE).to(device)
    # In a fixed random order: the images of a file may be sorted.
    order = torch.randperm(len(chosen), generator=Generator().manual_seed(EVAL_SEED))
    mixed = chosen[order.to(device)]
    batches = [(pixels(part.images), part.labels) for part in mixed.batches(BATCH_SIZE)]
    generator = Generator(device).manual_seed(EVAL_SEED)
    found = {
        count: gradient_noise(subject.model, batches, count, DRAWS, generator)
        for count in GRADIENT_COUNTS
    }
    # The batches are the same for every L: what they have in common is surest with the least noise.
    surest = found[max(GRADIENT_COUNTS)]
    signal = surest.squared_norm if surest.squared_norm > 0 else None
    return {
        **{f"gradient_variance_{count}": each.noise for count, each in found.items()},
        **{
            f"gradient_noise_{count}": None if signal is None else each.noise / signal
            for count, each in found.items()
        },
        "gradient_norm2": signal,
        "gradient_between": surest.between,
    }


# ---- figures -------------------------------------------------------------------------------------


def _seconds(record: Record) -> list[float]:
    return [float(line["seconds"]) for line in record.epochs]


def _epoch_seconds(record: Record) -> float | None:
    seconds = _seconds(record)
    return seconds[-1] / len(seconds) if seconds else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


COLUMNS = {
    **standard("neg_elbo", "recon_loss", "kl"),
    "epoch_seconds": Column(N_("Time"), N_("s per epoch"), read=_epoch_seconds),
    **{
        f"gradient_noise_{count}": Column(
            N_("Gradient noise, L = {count}").format(count=count), N_("of its square"), 4
        )
        for count in GRADIENT_COUNTS
    },
    "gradient_between": Column(
        N_("Gradient's variance between batches"),
        N_("of its square"),
        4,
        lambda record: _ratio(record.number("gradient_between"), record.number("gradient_norm2")),
    ),
}


def _by_time(result: Result, arm: Arm) -> dict[float, Spread]:
    """Return -ELBO after each epoch that all seeds have, by the median of the seconds."""
    records = result.records(arm)
    times = zip(*map(_seconds, records), strict=False)
    losses = zip(*(record.curve().values() for record in records), strict=False)
    return {
        statistics.median(seconds): over(values)
        for seconds, values in zip(times, losses, strict=False)
    }


def _curves(result: Result) -> go.Figure:
    figure = make_subplots(
        rows=2,
        cols=1,
        vertical_spacing=0.2,
        subplot_titles=(_("by epoch"), _("by time spent training and testing")),
    )
    for place, arm in enumerate(by_value(result.measured_arms(), "samples")):
        line: dict[str, Any] = {"name": arm.label, "colour": colour_of(place)}
        add_curve(figure, result.records(arm), row=1, **line)
        add_band(figure, _by_time(result, arm), unit="nats", row=2, **line)
        figure.data[-1].showlegend = False
    dress(figure, _("epoch"), _("-ELBO, nats"), height=680)
    if result.settings.epochs <= 12:
        figure.update_xaxes(dtick=1, row=1, col=1)
    figure.update_xaxes(title_text="seconds", type="log", dtick=None, row=2, col=1)
    times = [seconds for entry in result.entries for seconds in _seconds(entry.record)]
    if times and min(times) > 0:
        ticks = one_two_five(min(times), max(times))
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{t:g}" for t in ticks], row=2, col=1)
    figure.update_annotations(x=0, xanchor="left", font_size=14)
    figure.update_layout(margin_t=56, legend_y=1.05)
    return figure


def _by_epoch(result: Result) -> go.Figure:
    """Draw the first panel alone."""
    figure = go.Figure()
    for place, arm in enumerate(by_value(result.measured_arms(), "samples")):
        add_curve(figure, result.records(arm), name=arm.label, colour=colour_of(place))
    dress(figure, _("epoch"), _("-ELBO, nats"))
    return figure


def _noise(result: Result) -> go.Figure:
    figure = go.Figure()
    arms = by_value(result.measured_arms(), "samples")
    for place, arm in enumerate(arms):
        found = {
            float(count): result.spread(arm, f"gradient_noise_{count}") for count in GRADIENT_COUNTS
        }
        points = {count: spread for count, spread in found.items() if spread is not None}
        if not points:
            continue
        add_band(
            figure,
            points,
            name=_("trained with {arm}").format(arm=arm.label),
            colour=colour_of(place),
            markers=True,
        )
    first = result.spread(arms[0], "gradient_noise_1") if arms else None
    if first is not None:
        figure.add_scatter(
            x=GRADIENT_COUNTS,
            y=[first.median / count for count in GRADIENT_COUNTS],
            mode="lines",
            line={"color": colour_of(3), "width": 1.5, "dash": "dot"},
            name="1/L",
            hoverinfo="skip",
        )
    dress(figure, _("samples L in the gradient"), _("variance / squared norm"), log_x=True)
    figure.update_xaxes(tickvals=GRADIENT_COUNTS, ticktext=[str(c) for c in GRADIENT_COUNTS])
    shown = [y for trace in figure.data for y in trace.y]
    ticks = one_two_five(min(shown), max(shown)) if shown and min(shown) > 0 else None
    figure.update_yaxes(type="log", tickvals=ticks)
    return figure


def _charts(result: Result) -> dict[str, Chart]:
    return {
        "learning-curves": Chart(
            _curves(result),
            _(
                "-ELBO of the test images, with one sample of z whatever the training's "
                "L: median of the seeds, the band from the least to the greatest. Times "
                "are those of the runs as they were trained, several at once perhaps, so "
                "they are rough."
            ),
        ),
        "gradient-noise": Chart(
            _noise(result),
            _(
                "The gradient of trained models: its variance over draws of z, summed "
                "over all weights, against the squared norm of its mean; {batches} "
                "batches of {batch_size} training images, {draws} draws of z each."
            ).format(batches=BATCHES, batch_size=BATCH_SIZE, draws=DRAWS),
        ),
    }


# ---- finding -------------------------------------------------------------------------------------


def reached(seconds: Sequence[float], losses: Sequence[float], at: float) -> float | None:
    """Return the loss at a time, on straight lines between epochs; None before the first ends."""
    if not seconds or at < seconds[0]:
        return None
    return float(np.interp(at, seconds, losses))


def _in_time(result: Result, arms: Sequence[Arm]) -> str:
    """Say where each setting is when the quickest has done all its epochs."""
    curves = {
        arm: {seconds: spread.median for seconds, spread in _by_time(result, arm).items()}
        for arm in arms
    }
    quickest = min(arms, key=lambda arm: max(curves[arm]))
    at = max(curves[quickest])
    others = []
    for arm in arms:
        found = reached(list(curves[arm]), list(curves[arm].values()), at)
        if arm is not quickest:
            where = (
                _("is still in its first epoch")
                if found is None
                else _("is at {found} nats").format(found=formatted(found, ".2f"))
            )
            others.append(f"{arm.label} {where}")
    with_arm = _("{value} with {arm}")
    epochs = "; ".join(
        with_arm.format(value=value(result, arm, "epoch_seconds"), arm=arm.label) for arm in arms
    )
    return _(
        "The time: {epochs}. When {quickest} has done its epochs and -ELBO "
        "of the test images is {cost} nats, {others}."
    ).format(
        epochs=epochs,
        quickest=quickest.label,
        cost=formatted(curves[quickest][at], ".2f"),
        others=several(others),
    )


def _gradients(result: Result, arm: Arm) -> str:
    shares = {}
    for count in GRADIENT_COUNTS:
        pairs = [
            _ratio(r.number("gradient_variance_1"), r.number(f"gradient_variance_{count}"))
            for r in result.records(arm)
        ]
        known = [pair for pair in pairs if pair is not None]
        if not known:
            return ""
        shares[count] = statistics.median(known)
    falls = " and ".join(
        _("to 1/{shares} with L = {count}").format(
            shares=formatted(shares[count], ".3g"), count=count
        )
        for count in GRADIENT_COUNTS[1:]
    )
    text = _(
        "The gradient, measured on the models trained with {arm}: the "
        "variance from sampling z falls {falls}; for a mean of L independent "
        "draws it is 1/L."
    ).format(arm=arm.label, falls=falls)
    noises = [result.spread(arm, f"gradient_noise_{count}") for count in GRADIENT_COUNTS]
    between = result.spread(arm, "gradient_between")
    if between is None or any(noise is None for noise in noises):
        return text
    least, most = GRADIENT_COUNTS[0], GRADIENT_COUNTS[-1]
    few, many = (result.median(arm, f"gradient_noise_{count}") for count in (least, most))
    return text + (
        _(
            " With L = {least} it is {few} times the squared norm of the mean "
            "gradient. Which images are in a batch of {batch_size} makes "
            "{between} times that norm, so {most} samples instead of {least} "
            "bring the whole variance from {low} to {high}."
        ).format(
            least=least,
            few=formatted(few, ".2g"),
            batch_size=BATCH_SIZE,
            between=formatted(between.median, ".2g"),
            most=most,
            low=formatted(few + between.median, ".2g"),
            high=formatted(many + between.median, ".2g"),
        )
    )


def _short(result: Result) -> str:
    arms = by_value(result.arms, "samples")
    few, many, epochs = arms[0], arms[-1], result.settings.epochs
    text = ngettext(
        "After {epochs} epoch -ELBO is least with {leader}.",
        "After {epochs} epochs -ELBO is least with {leader}.",
        epochs,
    ).format(epochs=epochs, leader=leader_words(result, arms, "neg_elbo"))
    if few is many:
        return text
    return f"{text} " + _("The time is {less} with {few}, and {more} with {many}.").format(
        less=value(result, few, "epoch_seconds"),
        few=few.label,
        more=value(result, many, "epoch_seconds"),
        many=many.label,
    )


def _finding(result: Result) -> str:
    arms = by_value(result.arms, "samples")
    few, many = arms[0], arms[-1]
    epochs = result.settings.epochs
    if len(arms) > 1:
        parts = [
            ngettext(
                "After {epochs} epoch -ELBO is least with {leader}. With {many} it is "
                "{difference}.",
                "After {epochs} epochs -ELBO is least with {leader}. With {many} it is "
                "{difference}.",
                epochs,
            ).format(
                epochs=epochs,
                leader=leader_words(result, arms, "neg_elbo"),
                many=many.label,
                difference=difference(result, many, few, "neg_elbo"),
            ),
            _in_time(result, arms),
        ]
    else:
        parts = [
            _("With {few} -ELBO is {cost}.").format(
                few=few.label, cost=value(result, few, "neg_elbo")
            )
        ]
    return paragraphs(result, [*parts, _gradients(result, few)])


STUDY = Study(
    name="samples",
    title=N_("Samples of z in training"),
    question=N_("Does it pay to draw more than one z for each image while training?"),
    how=Method("samples", batches=BATCHES, draws=DRAWS),
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    main=_by_epoch,
    finding=_finding,
    short=_short,
    measure=_measure,
    pictures=lambda subject, config: {},
    varies=N_("numbers of samples"),
)

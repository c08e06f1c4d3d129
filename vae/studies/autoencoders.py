"""Plain, sparse and denoising autoencoders: the squared error, the code and the noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import torch

from vae.analysis import denoise
from vae.config import RunConfig
from vae.data import pixels
from vae.figures.style import GREY
from vae.locale import N_, _
from vae.locale.numbers import formatted
from vae.models.autoencoders import SparseAutoencoder
from vae.models.losses import squared_error
from vae.storage.pictures import to_uint8
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Method,
    Result,
    Spread,
    Study,
    StudySettings,
    over,
    standard,
)
from vae.studies.engine.charts import add_curve, below_originals, colour_of, dress, reconstructions
from vae.studies.engine.pictures import ten_pictures
from vae.studies.engine.wording import against, amount, leader_words, paragraphs
from vae.training.loop import fixed_indices
from vae.training.metrics import EVAL_BATCH, model_device

if TYPE_CHECKING:
    from torch import Tensor

    from vae.measures import Subject
    from vae.studies.engine.records import Strips

PUBLISHED = (0.0157, 0.0125, 0.0104, 0.0101, 0.0093, 0.0080, 0.0078, 0.0086, 0.0086, 0.0079)
"""Mean squared error of a plain autoencoder on MNIST, epoch by epoch (Ba, 2021)."""
KINDS = {"ae": N_("plain"), "sparse-ae": N_("sparse"), "denoising-ae": N_("denoising")}


def _arms(settings: StudySettings) -> list[Arm]:
    return [
        Arm(
            label,
            {"family": family},
            family=family,
            model={"latent_dim": 32},
            train={"batch_size": 64},
        )
        for family, label in KINDS.items()
    ]


def _measure(subject: Subject, config: RunConfig) -> dict[str, Any]:
    gains = denoise.measure(subject.model, subject.data.test, config.model.corruption)
    found: dict[str, Any] = {
        "clean_mse": clean_error(subject),
        "corruption": config.model.corruption,
        **gains.figures(),
    }
    if isinstance(subject.model, SparseAutoencoder) and config.model.sparsity == "l1":
        found |= active(subject.test_codes.mu)
    return found


@torch.inference_mode()
def clean_error(subject: Subject) -> float:
    """Return the mean squared error per pixel of test images that are not corrupted."""
    device, total = model_device(subject.model), 0.0
    for batch in subject.data.test.batches(EVAL_BATCH):
        on = batch.to(device)
        x = pixels(on.images)
        total += float(squared_error(subject.model.reconstruct(x, on.labels), x).sum())
    return total / len(subject.data.test)


def active(codes: Tensor) -> dict[str, float]:
    """Return how sparse codes ``(n, d)`` of 0 and more are.

    ``active_share`` is the share of the units that are above 0, the mean over images;
    ``used_units`` how many are so for any image.
    """
    on = codes > 0
    return {"active_share": float(on.double().mean()), "used_units": int(on.any(0).sum())}


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    test = subject.data.test
    ten = test[fixed_indices(test.labels)]
    found = denoise.clean(subject.model, ten, config.model.corruption)
    return {
        **ten_pictures(subject, config),
        # The records that are kept have this name.
        "spoiled": to_uint8(found.corrupted),
        "cleaned": to_uint8(found.cleaned),
    }


COLUMNS = {
    "clean_mse": Column(N_("Squared error"), N_("per pixel"), 4),
    "last_mse": Column(N_("Same, last report"), N_("per pixel"), 4, lambda r: r.last("recon_loss")),
    "active_share": Column(N_("Active share of the code"), digits=3),
    "used_units": Column(N_("Units ever active"), digits=0),
    "psnr_before": Column(N_("PSNR, corrupted"), "dB"),
    "psnr_after": Column(N_("PSNR, cleaned"), "dB"),
    "gain": Column(N_("Gain"), "dB"),
    **standard("knn_accuracy"),
}


def _is_published_data(result: Result) -> bool:
    return result.settings.dataset == "mnist"


def _charts(result: Result) -> dict[str, Chart]:
    found = {}
    if result.entries:
        found["error-by-epoch"] = Chart(
            _by_epoch(result),
            _(
                "Mean squared error per pixel by epoch: test images (solid; median of "
                "the seeds, and a band from the least to the greatest) and training "
                "images (dotted). The denoising autoencoder's are of corrupted input and "
                "clean target, on both, so they cannot be compared with the others'."
            )
            + (
                " "
                + _(
                    "Dashed grey: the plain autoencoder of Ba (2021), as published; whether "
                    "of training or test images, and of which net, is not said."
                )
                if _is_published_data(result)
                else ""
            ),
        )
    found |= reconstructions(result, "autoencoder")
    cleaned = below_originals(
        result,
        _(
            "The same ten test images, corrupted by the same noise, and "
            "reconstructed by the run of seed 0 of each autoencoder."
        ),
        made="cleaned",
        head="corrupted",
        given="spoiled",
    )
    return found if cleaned is None else {**found, "cleaned": cleaned}


def _main(result: Result) -> go.Figure:
    """Draw the same of the test images alone."""
    return _by_epoch(result, (("test", "solid"),))


def _by_epoch(
    result: Result, splits: Sequence[tuple[str, str]] = (("test", "solid"), ("train", "dot"))
) -> go.Figure:
    figure = go.Figure()
    for place, arm in enumerate(result.measured_arms()):
        for split, dash in splits:
            add_curve(
                figure,
                result.records(arm),
                name=f"{arm.label}, {split}",
                colour=colour_of(place),
                term="recon_loss",
                split=split,
                dash=dash,
            )
        if len(splits) > 1:
            figure.data[-1].update(opacity=0.65)
    if _is_published_data(result):
        figure.add_scatter(
            x=list(range(1, len(PUBLISHED) + 1)),
            y=list(PUBLISHED),
            name=_("plain, published"),
            mode="lines+markers",
            line={"color": GREY, "dash": "dash", "width": 2},
            hovertemplate="%{x}: %{y:.4f}",
        )
    dress(figure, _("epoch"), _("squared error per pixel"), height=460)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _spread(result: Result, family: str, column: str) -> Spread:
    return result.spread_of(result.arm(family=family), column)


def _short(result: Result) -> str:
    return _(
        "The autoencoder with the least squared error on clean test images is {error}. The one "
        "that gains most on corrupted ones is {gain}."
    ).format(
        error=leader_words(result, result.arms, "clean_mse"),
        gain=leader_words(result, result.arms, "gain", greatest=True),
    )


def _finding(result: Result) -> str:
    return paragraphs(result, [_errors(result), _sparsity(result), _noise(result)])


def _errors(result: Result) -> str:
    seeds, epochs = result.settings.seeds, result.settings.epochs
    found = {family: _spread(result, family, "clean_mse") for family in KINDS}
    errors = ", ".join(f"{amount(found[key], 4)} ({_(label)})" for key, label in KINDS.items())
    parts = [
        _(
            "After {epochs} epochs the squared error of clean test images is {errors} per pixel."
        ).format(epochs=epochs, errors=errors)
    ]
    for family in ("sparse-ae", "denoising-ae"):
        words = against(
            found[family], found["ae"], _("the plain one"), seeds=seeds, unit="", digits=4
        )
        has = _("The {kind} autoencoder has {words}.")
        parts.append(has.format(kind=_(KINDS[family]), words=words))
    if _is_published_data(result):
        parts.append(_published(result))
    return " ".join(parts)


def _published(result: Result) -> str:
    epoch = min(result.settings.epochs, len(PUBLISHED))
    ours = _spread(result, "ae", "last_mse").median
    if result.settings.epochs > epoch:
        records = result.records(result.arm(family="ae"))
        ours = over([record.curve("recon_loss")[epoch] for record in records]).median
    theirs = PUBLISHED[epoch - 1]
    ratio = ours / theirs
    return _(
        "After epoch {epoch}, Ba (2021) publishes {theirs} for the plain one; "
        "here it is {ours} on test images, {ratio} times as much. Latent size, "
        "net and which images those are of are not known, so only the order of "
        "magnitude can be compared."
    ).format(
        epoch=epoch,
        theirs=formatted(theirs, ".4f"),
        ours=formatted(ours, ".4f"),
        ratio=formatted(ratio, ".2f"),
    )


def _sparsity(result: Result) -> str:
    arm = result.arm(family="sparse-ae")
    share, used = (_spread(result, "sparse-ae", name) for name in ("active_share", "used_units"))
    size = result.records(arm)[0].config.model.latent_dim
    return _(
        "For an image, a share of {share} of the sparse autoencoder's {size} "
        "units is above 0 in the mean; {used} of them are so for at least one "
        "test image. The codes of the other two are not cut off at 0, so they "
        "have no such share."
    ).format(share=amount(share, 3), size=size, used=amount(used, 0))


def _noise(result: Result) -> str:
    corruption = result.entries[0].record.config.model.corruption
    gains = [
        f"{_(label)}, {amount(_spread(result, family, 'gain'), signed=True)} dB"
        for family, label in KINDS.items()
    ]
    before = _spread(result, "denoising-ae", "psnr_before")
    ours, plain = (_spread(result, family, "gain") for family in ("denoising-ae", "ae"))
    words = against(ours, plain, _("the plain one"), seeds=result.settings.seeds, unit="dB")
    return _(
        "Test images corrupted by the noise that the denoising autoencoder is "
        "trained on ({corruption}) have a PSNR of {psnr} dB. The "
        "reconstructions gain: {gains}. The denoising one gains {words}."
    ).format(
        corruption=corruption,
        psnr=formatted(before.median, ".2f"),
        gains="; ".join(gains),
        words=words,
    )


STUDY = Study(
    name="autoencoders",
    title=N_("Plain, sparse and denoising"),
    question=N_(
        "What do sparsity and noise change in an autoencoder: its error, its "
        "code and how well it cleans an image?"
    ),
    how=Method("autoencoders"),
    epochs=10,
    arms=_arms,
    columns=COLUMNS,
    charts=_charts,
    main=_main,
    finding=_finding,
    short=_short,
    measure=_measure,
    pictures=_pictures,
)

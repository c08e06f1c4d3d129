"""``python -m vae denoise`` and ``detect``: what a trained model can be used for, in figures."""

from typing import Annotated, Any

import typer

from vae import runs
from vae.cli.common import Json, Out, RunRef, emit
from vae.config import ModelConfig, help_text
from vae.locale import _
from vae.locale.numbers import formatted
from vae.runs import DEFAULT_ROOT

uses_app = typer.Typer(rich_markup_mode=None)

Corruption = Annotated[str | None, typer.Option(help=help_text(ModelConfig, "corruption"))]


def _decibels(value: float | None) -> str:
    return _("no end") if value is None else formatted(value, ".2f") + " dB"


@uses_app.command()
def denoise(
    run: RunRef, corruption: Corruption = None, out: Out = DEFAULT_ROOT, as_json: Json = False
) -> None:
    """Measure how well a run cleans corrupted test images; the noise is fixed.

    The mean PSNR (peak 1) over the images that the corruption has changed, before and after. The
    corruption is that of the run's config unless given.
    """
    from vae.analysis.denoise import measure
    from vae.data import load_for
    from vae.runs.checkpoint import load_model
    from vae.training.metrics import check_images

    opened = runs.open_run(run, out)
    config = opened.config
    asked = config.model.corruption if corruption is None else corruption
    model, data = load_model(opened.directory), load_for(config.data)
    check_images(config.model, data)
    found = measure(model, data.test, asked).figures()
    spared = found["images"] - found["changed"]
    emit(
        as_json,
        {
            "run": str(opened.directory),
            "family": config.model.family,
            "dataset": config.data.dataset,
            "corruption": asked,
            **found,
        },
        _(
            "{opened} on {images} test images corrupted by {asked}:\n  PSNR before "
            "{before}, after {after}, gain {gain}\n  {worse} images "
            "became worse"
        ).format(
            opened=opened.name,
            images=found["images"],
            asked=asked,
            before=_decibels(found["psnr_before"]),
            after=_decibels(found["psnr_after"]),
            gain=_decibels(found["gain"]),
            worse=found["worse"],
        )
        + (
            _("; {spared} were left as they were and are not in the means").format(spared=spared)
            if spared
            else ""
        ),
    )


@uses_app.command()
def detect(
    run: RunRef,
    against: Annotated[
        str | None,
        typer.Option(
            help=_("Data set to take for unknown; the classes that the run left out if not given.")
        ),
    ] = None,
    out: Out = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Measure how well a run's scores tell test images that it knows from others.

    Scores are the reconstruction loss at the code mu and the negative ELBO averaged over a few
    samples of fixed noise; the figure is the area under the ROC curve.
    """
    from vae.analysis.detect import SAMPLES, SCORES, examine, ood_split, why_no_elbo
    from vae.analysis.thresholds import USUAL_PASS, outcome, roc, usual_threshold
    from vae.runs.checkpoint import load_model

    opened = runs.open_run(run, out)
    config = opened.config
    model = load_model(opened.directory)
    split = ood_split(config, against)
    scores = examine(model, config, split)
    known = int(split.known.sum())
    unknown = len(split.known) - known
    figures: dict[str, Any] = dict.fromkeys(SCORES)
    lines = [
        _(
            "{opened}: {known} known images ({known_title}), {unknown} unknown ({unknown_title})"
        ).format(
            opened=opened.name,
            known=known,
            known_title=split.known_title,
            unknown=unknown,
            unknown_title=split.unknown_title,
        )
    ]
    for name, values in scores.values.items():
        threshold = usual_threshold(values, split.known)
        found = outcome(values, split.known, threshold)
        figures[name] = {
            "auc": roc(values, split.known).auc,
            "threshold": threshold,
            "caught": found.true_positive_rate,
            "false_alarms": found.false_positive_rate,
        }
        lines.append(
            _(
                "  {scores:<20} AUC {auc}; above {threshold} {true_positive_rate} of the "
                "unknown, {false_positive_rate} of the known"
            ).format(
                scores=SCORES[name],
                auc=formatted(figures[name]["auc"], ".4f"),
                threshold=formatted(threshold, ".4g"),
                true_positive_rate=formatted(found.true_positive_rate, ".1%"),
                false_positive_rate=formatted(found.false_positive_rate, ".1%"),
            )
        )
    reason = why_no_elbo(config.model.family)
    if reason is not None:
        lines.append(f"  {SCORES['elbo']:<20} n/a: {reason}")
    answer = {
        "run": str(opened.directory),
        "family": config.model.family,
        "known": split.known_title,
        "unknown": split.unknown_title,
        "known_images": known,
        "unknown_images": unknown,
        "samples": SAMPLES if model.takes_samples else 1,
        "best_of_labels": scores.labels is not None,
        "pass": USUAL_PASS,
        "scores": figures,
        "not_applicable": {} if reason is None else {"elbo": reason},
    }
    emit(as_json, answer, "\n".join(lines))

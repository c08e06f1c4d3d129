"""``python -m vae classifier``: train and measure the project's own judge of pictures."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vae.cli.common import Json, emit
from vae.config import DataConfig, TrainConfig, bounds, help_text
from vae.data import load
from vae.locale import _
from vae.locale.numbers import formatted
from vae.measures.classifier import (
    EPOCHS,
    FOLDER,
    accuracy,
    load_classifier,
    path_of,
    save_classifier,
    train_classifier,
)

classifier_app = typer.Typer(
    help=_("The classifier that judges samples: train it, measure it."),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Dataset = Annotated[str, typer.Option(help=help_text(DataConfig, "dataset"))]
Folder = Annotated[Path, typer.Option("--out", help=_("Folder of the classifiers."))]


def _whole(field: str) -> typer.models.OptionInfo:
    """Make an option of whole numbers, its bounds and help those of a training's."""
    low, high = bounds(TrainConfig, field)
    found: typer.models.OptionInfo = typer.Option(
        min=int(low), max=int(high), help=help_text(TrainConfig, field)
    )
    return found


@classifier_app.command(name="train")
def train(
    dataset: Dataset = "mnist",
    epochs: Annotated[int, _whole("epochs")] = EPOCHS,
    seed: Annotated[int, _whole("seed")] = 0,
    out: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Train the classifier of a data set, measure it, and put it in its place."""
    classifier, facts = train_classifier(
        load(dataset),
        epochs,
        seed,
        lambda epoch, loss: typer.echo(
            _("epoch {epoch}/{epochs}: loss {loss}").format(
                epoch=epoch, epochs=epochs, loss=formatted(loss, ".4f")
            ),
            err=True,
        ),
    )
    path = save_classifier(classifier, facts, out)
    emit(
        as_json,
        {"file": str(path), **asdict(facts)},
        _("{path}: names {accuracy} of the test images of {dataset} rightly").format(
            path=path, accuracy=formatted(facts.accuracy, ".2%"), dataset=dataset
        ),
    )


@classifier_app.command(name="evaluate")
def evaluate(dataset: Dataset = "mnist", out: Folder = FOLDER, as_json: Json = False) -> None:
    """Measure the stored classifier of a data set on its test images."""
    classifier, facts = load_classifier(dataset, out)
    measured = accuracy(classifier, load(dataset).test)
    path = path_of(dataset, out)
    emit(
        as_json,
        {"file": str(path), **asdict(facts), "accuracy": measured},
        _(
            "{path}: names {measured} of the test images of {dataset} rightly "
            "({epochs} epochs, seed {seed})"
        ).format(
            path=path,
            measured=formatted(measured, ".2%"),
            dataset=dataset,
            epochs=facts.epochs,
            seed=facts.seed,
        ),
    )

"""``python -m vae train`` and ``resume``: train a model in the foreground."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from vae import runs
from vae.cli.common import Json, Out, RunRef, emit
from vae.config import DataConfig, ModelConfig, TrainConfig, help_text, parse_hidden
from vae.config.growth import parse_growth
from vae.errors import RunError
from vae.runs import DEFAULT_ROOT, Run

train_app = typer.Typer(rich_markup_mode=None)
_ROOT = DEFAULT_ROOT


def _option(kind: type[ModelConfig | TrainConfig | DataConfig], field: str, *names: str) -> Any:
    """Make an option whose help comes from the config; pydantic checks the bounds."""
    return typer.Option(*names, help=help_text(kind, field))


def _default(kind: type[ModelConfig | TrainConfig | DataConfig], field: str) -> Any:
    return kind.model_fields[field].default


def _execute(run: Run, as_json: bool) -> None:
    from vae.cli.progress import training_bar, words_of_terms
    from vae.training.metrics import Terms
    from vae.training.trainer import train_run

    began = time.perf_counter()
    with training_bar(run) as on_report:
        try:
            train_run(run, on_report)
        except KeyboardInterrupt:
            typer.echo(f"Stopped. Go on with: python -m vae resume {run.directory}", err=True)
            raise SystemExit(130) from None
    status = run.status()
    if status.state in ("cancelled", "interrupted"):
        emit(
            as_json,
            {
                "run": str(run.directory),
                "name": run.name,
                "state": status.state,
                "epochs": status.epoch,
            },
            f"{run.directory} was stopped after {status.epoch} of {status.epochs} epochs. "
            f"Go on with: python -m vae resume {run.directory}",
        )
        return
    reports = run.epochs()
    if not reports:
        raise RunError(f"{run.directory} is done, but its {runs.METRICS_FILE} holds no epoch.")
    last = reports[-1]
    found = {
        "run": str(run.directory),
        "name": run.name,
        "state": run.status().state,
        "family": run.config.model.family,
        "epochs": last["epoch"],
        "seconds": last["seconds"],
        "elapsed": round(time.perf_counter() - began, 3),
        "train": last["train"],
        "test": last["test"],
    }
    emit(
        as_json,
        found,
        f"{run.directory}: {last['epoch']} epochs in {last['seconds']:.1f} s, test loss "
        f"{last['test']['loss']:.4g} ({words_of_terms(Terms(**last['test']))})",
    )


@train_app.command()
def train(
    family: Annotated[str, _option(ModelConfig, "family")] = _default(ModelConfig, "family"),
    dataset: Annotated[str, _option(DataConfig, "dataset")] = _default(DataConfig, "dataset"),
    classes: Annotated[str | None, _option(DataConfig, "classes")] = None,
    binarise: Annotated[str | None, _option(DataConfig, "binarise")] = None,
    latent_dim: Annotated[int | None, _option(ModelConfig, "latent_dim")] = None,
    epochs: Annotated[int, _option(TrainConfig, "epochs")] = _default(TrainConfig, "epochs"),
    arch: Annotated[str | None, _option(ModelConfig, "arch")] = None,
    hidden: Annotated[str | None, _option(ModelConfig, "hidden")] = None,
    beta: Annotated[float | None, _option(ModelConfig, "beta")] = None,
    likelihood: Annotated[str | None, _option(ModelConfig, "likelihood")] = None,
    variance: Annotated[str | None, _option(ModelConfig, "variance")] = None,
    sigma: Annotated[float | None, _option(ModelConfig, "sigma")] = None,
    reconstruction: Annotated[str | None, _option(ModelConfig, "reconstruction")] = None,
    sparsity: Annotated[str | None, _option(ModelConfig, "sparsity")] = None,
    sparsity_weight: Annotated[float | None, _option(ModelConfig, "sparsity_weight")] = None,
    sparsity_target: Annotated[float | None, _option(ModelConfig, "sparsity_target")] = None,
    corruption: Annotated[str | None, _option(ModelConfig, "corruption")] = None,
    contraction: Annotated[float | None, _option(ModelConfig, "contraction")] = None,
    codebook: Annotated[int | None, _option(ModelConfig, "codebook")] = None,
    commitment: Annotated[float | None, _option(ModelConfig, "commitment")] = None,
    growth: Annotated[
        str | None,
        typer.Option(help=help_text(ModelConfig, "growth") + " As JSON: '{\"every\": 10}'."),
    ] = None,
    kl_warmup: Annotated[int, _option(TrainConfig, "kl_warmup")] = _default(
        TrainConfig, "kl_warmup"
    ),
    samples: Annotated[int | None, _option(TrainConfig, "samples")] = None,
    batch_size: Annotated[int, _option(TrainConfig, "batch_size")] = _default(
        TrainConfig, "batch_size"
    ),
    lr: Annotated[float, _option(TrainConfig, "lr")] = _default(TrainConfig, "lr"),
    seed: Annotated[int, _option(TrainConfig, "seed")] = _default(TrainConfig, "seed"),
    device: Annotated[str, _option(TrainConfig, "device")] = _default(TrainConfig, "device"),
    precision: Annotated[str, _option(TrainConfig, "precision")] = _default(
        TrainConfig, "precision"
    ),
    name: Annotated[str | None, typer.Option(help="The run's name, made up if not given.")] = None,
    out: Out = _ROOT,
    as_json: Json = False,
) -> None:
    """Train a model in the foreground; the run is the directory OUT/NAME.

    Options of some families only are refused by the others.
    """
    from vae.data import load_for, spec_of
    from vae.data.views import parse_classes
    from vae.runs.devices import pick_device
    from vae.training.plan import plan

    config = plan(
        family,
        name=name,
        data={
            "dataset": dataset,
            "classes": None if classes is None else parse_classes(classes, spec_of(dataset)),
            "binarise": binarise,
        },
        model={
            "latent_dim": latent_dim,
            "arch": arch,
            "hidden": None if hidden is None else parse_hidden(hidden),
            "beta": beta,
            "likelihood": likelihood,
            "variance": variance,
            "sigma": sigma,
            "reconstruction": reconstruction,
            "sparsity": sparsity,
            "sparsity_weight": sparsity_weight,
            "sparsity_target": sparsity_target,
            "corruption": corruption,
            "contraction": contraction,
            "codebook": codebook,
            "commitment": commitment,
            "growth": None if growth is None else parse_growth(growth),
        },
        train={
            "epochs": epochs,
            "batch_size": batch_size,
            "lr": lr,
            "samples": samples,
            "kl_warmup": kl_warmup,
            "seed": seed,
            "device": device,
            "precision": precision,
        },
    )
    # What can be refused is refused before there is a directory.
    pick_device(device)
    load_for(config.data)
    _execute(runs.create(config, out, numbered=name is None), as_json)


@train_app.command()
def resume(run: RunRef, out: Out = _ROOT, as_json: Json = False) -> None:
    """Take up a run where it stopped, or start one that is only a config."""
    _execute(runs.open_run(run, out), as_json)

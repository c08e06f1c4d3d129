"""``python -m vae``: train, resume, evaluate, decode, list, get data, measure speed.

Every command takes ``--json`` for one JSON object as the last line of standard output. What a
user gets wrong ends with exit code 2 and one sentence on standard error.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from vae import runs
from vae.cli.applications import uses_app
from vae.cli.classifier import classifier_app
from vae.cli.common import (
    Json,
    Out,
    RunRef,
    emit,
)
from vae.cli.data import data_app
from vae.cli.evaluate import evaluate_app
from vae.cli.study import study_app
from vae.config import (
    DataConfig,
    ModelConfig,
    TrainConfig,
    help_text,
    parse_hidden,
)
from vae.config.growth import parse_growth
from vae.errors import ConfigError, RunError, UserError
from vae.runs import DEFAULT_ROOT, Run

app = typer.Typer(
    help="Variational autoencoders to train, look at and drag through.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
app.add_typer(classifier_app, name="classifier")
app.add_typer(evaluate_app)
app.add_typer(uses_app)
app.add_typer(study_app)

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
    if status.state == "cancelled":
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


@app.command()
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
    from vae.training.devices import pick_device
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


@app.command()
def resume(run: RunRef, out: Out = _ROOT, as_json: Json = False) -> None:
    """Take up a run where it stopped, or start one that is only a config."""
    _execute(runs.open_run(run, out), as_json)


def _numbers(text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(
            f"--z takes numbers between commas, as in 0.3,-1.2, not {text!r}."
        ) from None
    if len(values) != count or not all(abs(value) <= 1e6 for value in values):
        raise ConfigError(
            f"this run has {count} latent dimensions: give --z {count} finite number"
            f"{'s between commas' if count > 1 else ''}, not {text!r}."
        )
    return values


@app.command()
def decode(
    run: RunRef,
    z: Annotated[str, typer.Option(help="Latent values between commas: --z 0.3,-1.2.")],
    out: Annotated[Path, typer.Option(help="The PNG to write, one pixel a pixel.")],
    as_json: Json = False,
) -> None:
    """Write the picture that a run decodes from z."""
    import torch

    from vae.runs.checkpoint import load_model
    from vae.storage.files import write_atomic
    from vae.storage.pictures import png_bytes

    opened = runs.open_run(run)
    values = _numbers(z, opened.config.model.latent_dim)
    model = load_model(opened.directory)
    with torch.inference_mode():
        mean = model.generate(torch.tensor([values]))[0]
    try:
        write_atomic(out, png_bytes(mean))
    except OSError as error:
        raise ConfigError(f"cannot write {out}: {error.strerror}.") from None
    shape = list(opened.config.model.image_shape)
    emit(as_json, {"run": str(opened.directory), "z": values, "out": str(out), "shape": shape},
         f"{out}: {shape[2]} x {shape[1]} pixels, z = {z}")  # fmt: skip


@app.command(name="runs")
def list_runs(out: Out = _ROOT, as_json: Json = False) -> None:
    """List the runs."""
    rows: list[dict[str, Any]] = []
    for run in runs.list_runs(out):
        config, status = run.config, run.status()
        reports = run.epochs()
        test = reports[-1]["test"] if reports else None
        rows.append(
            {
                "name": run.name,
                "family": config.model.family,
                "dataset": config.data.dataset,
                "arch": config.model.arch,
                "latent_dim": config.model.latent_dim,
                "state": status.state,
                "epoch": reports[-1]["epoch"] if reports else 0,
                "epochs": config.train.epochs,
                "test": test,
                "shipped": config.shipped,
            }
        )
    text = "\n".join(
        f"{row['name']:<32} {row['dataset']:<14} {row['arch']} {row['family']} "
        f"d={row['latent_dim']:<4} {row['state']:<11} epoch {row['epoch']}/{row['epochs']}"
        + (f"  test loss {row['test']['loss']:.2f}" if row["test"] else "")
        + ("  (shipped)" if row["shipped"] else "")
        for row in rows
    )
    emit(as_json, {"runs": rows}, text or f"No runs in {out} yet: python -m vae train makes one.")


@app.command()
def pretrained(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if not given.")] = None,
    out: Out = _ROOT,
    as_json: Json = False,
) -> None:
    """Make the shipped models again, from their recipes."""
    from vae.cli.progress import recipe_bar
    from vae.measures.shipped import make_shipped
    from vae.training.recipes import RECIPES

    found: dict[str, Any] = {}
    for name in names or list(RECIPES):
        with recipe_bar(name) as on_report:
            found[name] = make_shipped(name, out, on_report)
        typer.echo(
            f"{name}: {_quality(found[name])}, 10-NN accuracy {found[name]['knn_accuracy']:.3f}",
            err=as_json,
        )
    if as_json:
        typer.echo(json.dumps(found))


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which; the usual ones if none.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure speed: training against the usual script, decoding, evaluation, start-up."""
    from vae.bench import run_benches

    found = run_benches(names or [], echo=lambda line: typer.echo(line, err=as_json))
    if as_json:
        typer.echo(json.dumps(found))


def _quality(figures: dict[str, Any]) -> str:
    if figures["elbo"] is None:
        return f"squared error a pixel {figures['mse']:.4f}"
    return f"-ELBO {-figures['elbo']:.2f} nats"


def _refuse(text: str) -> NoReturn:
    typer.echo(text, err=True)
    sys.exit(2)


def main() -> None:
    """Run the command line; what a user got wrong becomes one sentence and exit code 2."""
    try:
        # Without typer's own handling an error is one sentence, not a page of usage.
        result = app(standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        # A command alone asks for its help, which is many lines.
        _refuse(message if "\n" in message else f"Error: {message} (--help shows how)")
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except UserError as error:
        _refuse(f"Error: {' '.join(str(error).split())}")
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _refuse(f"Error: {where}{error.strerror or error}.")
    sys.exit(result if isinstance(result, int) else 0)

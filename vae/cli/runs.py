"""``python -m vae runs``, ``decode`` and ``pretrained``: what trained models are there."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from vae import runs
from vae.cli.common import Json, Out, RunRef, emit
from vae.errors import ConfigError
from vae.runs import DEFAULT_ROOT

runs_app = typer.Typer(rich_markup_mode=None)


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


@runs_app.command()
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


@runs_app.command(name="runs")
def list_runs(out: Out = DEFAULT_ROOT, as_json: Json = False) -> None:
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


@runs_app.command()
def pretrained(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if not given.")] = None,
    out: Out = DEFAULT_ROOT,
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


def _quality(figures: dict[str, Any]) -> str:
    if figures["elbo"] is None:
        return f"squared error per pixel {figures['mse']:.4f}"
    return f"-ELBO {-figures['elbo']:.2f} nats"

"""``python -m vae runs``, ``decode`` and ``pretrained``: what trained models are there."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from vae import runs
from vae.analysis.embeddings.settings import TITLES
from vae.cli.common import Json, Out, RunRef, emit
from vae.errors import ConfigError
from vae.locale import _, ngettext
from vae.locale.numbers import formatted
from vae.runs import DEFAULT_ROOT, Run

runs_app = typer.Typer(rich_markup_mode=None)


def _numbers(text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(
            _("--z takes numbers between commas, as in 0.3,-1.2, not {text!r}.").format(text=text)
        ) from None
    if len(values) != count or not all(abs(value) <= 1e6 for value in values):
        raise ConfigError(
            ngettext(
                "this run has {n} latent dimension: give --z {n} finite number, not {text!r}.",
                "this run has {n} latent dimensions: give --z {n} finite numbers between commas, "
                "not {text!r}.",
                count,
            ).format(n=count, text=text)
        )
    return values


@runs_app.command()
def decode(
    run: RunRef,
    z: Annotated[str, typer.Option(help=_("Latent values between commas: --z 0.3,-1.2."))],
    out: Annotated[Path, typer.Option(help=_("The PNG to write, one pixel a pixel."))],
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
        raise ConfigError(
            _("cannot write {out}: {reason}.").format(out=out, reason=error.strerror)
        ) from None
    shape = list(opened.config.model.image_shape)
    emit(as_json, {"run": str(opened.directory), "z": values, "out": str(out), "shape": shape},
         _("{out}: {width} x {height} pixels, z = {z}").format(
             out=out, width=shape[2], height=shape[1], z=z))  # fmt: skip


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
        _(
            "{name:<32} {dataset:<14} {arch} {family} d={latent_dim:<4} {state:<11} "
            "epoch {epoch}/{epochs}"
        ).format(
            name=row["name"],
            dataset=row["dataset"],
            arch=row["arch"],
            family=row["family"],
            latent_dim=row["latent_dim"],
            state=row["state"],
            epoch=row["epoch"],
            epochs=row["epochs"],
        )
        + (
            _("  test loss {loss}").format(loss=formatted(row["test"]["loss"], ".2f"))
            if row["test"]
            else ""
        )
        + (_("  (shipped)") if row["shipped"] else "")
        for row in rows
    )
    emit(
        as_json,
        {"runs": rows},
        text or _("No runs in {out} yet: python -m vae train makes one.").format(out=out),
    )


@runs_app.command()
def pretrained(
    names: Annotated[list[str] | None, typer.Argument(help=_("Which; all if not given."))] = None,
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
        _lay_out(runs.Run(out / name))
        typer.echo(
            _("{name}: {quality}, 10-NN accuracy {knn_accuracy}").format(
                name=name,
                quality=_quality(found[name]),
                knn_accuracy=formatted(found[name]["knn_accuracy"], ".3f"),
            ),
            err=as_json,
        )
    if as_json:
        typer.echo(json.dumps(found))


@runs_app.command()
def embed(
    names: Annotated[
        list[str] | None, typer.Argument(help=_("Which; all shipped ones if not given."))
    ] = None,
    out: Out = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Lay out the codes of runs by t-SNE and UMAP, so that the page Embeddings has them at hand.

    With the settings that the page begins with; the same codes come out the same. UMAP takes the
    package umap-learn.
    """
    shipped = (run.name for run in runs.list_runs(out) if run.config.shipped)
    made = {}
    for name in names or shipped:
        made[name] = _lay_out(runs.open_run(name, out))
        typer.echo(f"{name}: {', '.join(TITLES[method] for method in made[name])}", err=as_json)
    if as_json:
        typer.echo(json.dumps(made))


def _lay_out(run: Run) -> list[str]:
    """Return the methods by which the codes of a run have been laid out; say which is missing."""
    from vae.analysis.embeddings import finished

    made = finished.make(run)
    if "umap" not in made:
        typer.echo(_("UMAP is not installed here: pip install umap-learn."), err=True)
    return made


def _quality(figures: dict[str, Any]) -> str:
    if figures["elbo"] is None:
        return _("squared error per pixel {mse}").format(mse=formatted(figures["mse"], ".4f"))
    return _("-ELBO {elbo} nats").format(elbo=formatted(-figures["elbo"], ".2f"))

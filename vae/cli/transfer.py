"""``python -m vae export`` and ``import``: a model taken away, and taken in elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from vae import runs
from vae.cli.common import Json, Out, RunRef, emit
from vae.errors import ConfigError
from vae.locale import _
from vae.runs import DEFAULT_ROOT
from vae.storage.files import write_atomic

transfer_app = typer.Typer(rich_markup_mode=None)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except OSError as error:
        raise ConfigError(
            _("cannot write {file}: {reason}.").format(file=path, reason=error.strerror)
        ) from None


@transfer_app.command()
def export(
    run: RunRef,
    out: Annotated[
        Path | None, typer.Option(help=_("The zip to write, to import elsewhere."))
    ] = None,
    onnx: Annotated[
        Path | None,
        typer.Option(help=_("Folder, or zip, to write encoder.onnx and decoder.onnx into.")),
    ] = None,
    command: Annotated[
        bool, typer.Option("--command", help=_("Say the command that trains its like."))
    ] = False,
    as_json: Json = False,
) -> None:
    """Take a model away: as a zip, as ONNX, as the command that repeats it."""
    from vae.analysis.transfer import onnx_files, zip_onnx, zip_run
    from vae.training.command import train_command

    opened = runs.open_run(run)
    if out is None and onnx is None and not command:
        raise ConfigError(_("say what to write: --out FILE.zip, --onnx FOLDER or --command."))
    found = {"run": str(opened.directory)}
    text = []
    if out is not None:
        _write(out, zip_run(opened))
        found["out"] = str(out)
        text.append(_("{file}: {run}, whole").format(file=out, run=opened.name))
    if onnx is not None:
        if onnx.suffix == ".zip":
            _write(onnx, zip_onnx(opened))
        else:
            for name, content in onnx_files(opened).items():
                _write(onnx / name, content)
        found["onnx"] = str(onnx)
        text.append(_("{file}: encoder and decoder of {run}").format(file=onnx, run=opened.name))
    if command:
        found["command"] = train_command(opened.config)
        text.append(found["command"])
    emit(as_json, found, "\n".join(text))


@transfer_app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="ZIP", help=_("A model's zip."))],
    name: Annotated[
        str | None, typer.Option(help=_("What to call it: its own name unless given."))
    ] = None,
    out: Out = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Take in a model that export has packed: each of its files is checked."""
    from vae.analysis.transfer import import_run

    run = import_run(file, name, out)
    emit(
        as_json,
        {"run": str(run.directory), "name": run.name},
        _("{folder} is taken in.").format(folder=run.directory),
    )

"""What the commands of every part of ``python -m vae`` share."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from vae.locale import _

Json = Annotated[bool, typer.Option("--json", help=_("End with one JSON object on a line."))]
Out = Annotated[Path, typer.Option("--out", help=_("Folder of the runs."))]
RunRef = Annotated[str, typer.Argument(metavar="RUN", help=_("A run's name or path."))]


def emit(as_json: bool, found: dict[str, Any], text: str) -> None:
    """Print a result: a line of JSON, or words."""
    typer.echo(json.dumps(found) if as_json else text)

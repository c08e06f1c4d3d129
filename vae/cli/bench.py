"""``python -m vae bench``: how fast everything is."""

import json
from typing import Annotated

import typer

from vae.cli.common import Json
from vae.locale import _

bench_app = typer.Typer(rich_markup_mode=None)


@bench_app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help=_("Which; the usual ones if none."))
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure speed: training against the usual script, decoding, evaluation, start-up."""
    from vae.bench import run_benches

    found = run_benches(names or [], echo=lambda line: typer.echo(line, err=as_json))
    if as_json:
        typer.echo(json.dumps(found))

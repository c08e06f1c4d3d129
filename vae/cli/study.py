"""``python -m vae study``: a set of runs that answers a question, from settings to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vae.cli.common import Json, emit
from vae.errors import ConfigError, RunError
from vae.locale import _
from vae.runs import DEFAULT_ROOT

if TYPE_CHECKING:
    from vae.studies import Study, StudySettings

study_app = typer.Typer(rich_markup_mode=None)


def _values(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            _("--values takes numbers between commas, as in 2,8,20, not {text!r}.").format(
                text=text
            )
        ) from None


@study_app.command()
def study(
    name: Annotated[str, typer.Argument(help=_("Which; `list` shows what there is."))],
    dataset: Annotated[str | None, typer.Option(help=_("Data set: mnist unless given."))] = None,
    epochs: Annotated[int | None, typer.Option(help=_("Epochs of each run."))] = None,
    seeds: Annotated[
        int | None, typer.Option(help=_("Runs of each setting: 3 unless given."))
    ] = None,
    values: Annotated[
        str | None, typer.Option(help=_("Other values of what is varied, as in 2,8,20."))
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help=_("Samples L of z while training; for the study growth."))
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=_("Result folder: in RUNS/studies unless given."))
    ] = None,
    runs: Annotated[Path, typer.Option(help=_("Folder of the runs."))] = DEFAULT_ROOT,
    at_once: Annotated[
        int | None,
        typer.Option(help=_("Runs to train at once: what the machine bears unless given.")),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help=_("Train nothing: compare the table with the runs."))
    ] = False,
    as_json: Json = False,
) -> None:
    """Answer a question with a set of runs; stopped or killed, it goes on where it was."""
    from vae.cli.progress import study_bar
    from vae.studies import STUDIES, check_study
    from vae.studies.engine import state
    from vae.studies.engine.runner import run_study
    from vae.studies.engine.stopping import Stopped

    if name == "list":
        rows = {key: _(found.question) for key, found in STUDIES.items()}
        text = "\n".join(f"{key:<14} {question}" for key, question in rows.items())
        emit(as_json, {"studies": rows}, text)
        return
    chosen = check_study(name)
    kept = state.read(out) if out is not None else None
    if check and kept is not None and kept.settings.study == name:
        settings = kept.settings
    else:
        settings = chosen.settings(
            dataset=dataset,
            epochs=epochs,
            seeds=seeds,
            values=_values(values),
            samples=samples,
        )
    folder = out or state.default_folder(settings, runs)
    if check:
        _check(chosen, settings, folder, runs, as_json)
        return
    if at_once is not None and at_once < 1:
        raise ConfigError(_("--at-once takes a number of runs, at least 1."))
    try:
        with study_bar(name, as_json) as on_state:
            result = run_study(chosen, settings, folder, runs, count=at_once, on_state=on_state)
    except (Stopped, KeyboardInterrupt):
        typer.echo(_("Stopped. The same command goes on."), err=True)
        raise SystemExit(130) from None
    finding = chosen.finding(result)
    emit(
        as_json,
        {
            "study": name,
            "folder": str(folder),
            "runs": len(result.entries),
            "finding": finding,
        },
        _("{finding}\n{folder}: {n_entries} runs, README.md has the figures.").format(
            finding=finding, folder=folder, n_entries=len(result.entries)
        ),
    )


def _check(chosen: Study, settings: StudySettings, folder: Path, root: Path, as_json: bool) -> None:
    from vae.studies.engine.folder import check, read_result

    found = check(read_result(chosen, settings, folder), root)
    if found.problems:
        raise RunError(
            _("the table in {folder} does not hold: {problems}").format(
                folder=folder, problems=" ".join(found.problems)
            )
        )
    emit(
        as_json,
        {"folder": str(folder), "rows": found.rows, "runs": found.runs},
        _(
            "{folder}: all {rows} rows hold; {runs} of them were compared with the "
            "run itself, the others with the record that the folder keeps of it."
        ).format(folder=folder, rows=found.rows, runs=found.runs),
    )

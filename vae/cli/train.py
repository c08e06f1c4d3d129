"""``python -m vae train`` and ``resume``: train a model in the foreground."""

import inspect
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from vae import runs
from vae.cli.common import Json, Out, RunRef, emit
from vae.config import OF_THE_DATA, DataConfig, ModelConfig, TrainConfig, help_text, parse_hidden
from vae.config.growth import parse_growth
from vae.errors import RunError, UserError
from vae.locale import _, retold
from vae.locale.numbers import formatted
from vae.runs import DEFAULT_ROOT, Run, queue

train_app = typer.Typer(rich_markup_mode=None)


def _options() -> Iterator[inspect.Parameter]:
    """Yield an option for each setting: its help and default are the config's, which checks it.

    What is left to the family has no default here.
    """
    for kind in (ModelConfig, DataConfig, TrainConfig):
        for name, field in kind.model_fields.items():
            if name in OF_THE_DATA:
                continue
            of_family = name in ("samples", "classes", "binarise") or kind is ModelConfig
            default = None if of_family and name != "family" else field.default
            plain = field.annotation if field.annotation in (int, float) else str
            more = _(" As JSON: '{\"every\": 10}'.") if name == "growth" else ""
            yield inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=Annotated[plain | None, typer.Option(help=help_text(kind, name) + more)],
            )


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Put an option for each setting in the place of a command's ``**given``."""
    *others, _given = inspect.signature(command, eval_str=True).parameters.values()
    command.__signature__ = inspect.Signature([*_options(), *others])  # type: ignore[attr-defined]
    return command


def _execute(run: Run, as_json: bool, until: int | None = None, *, goes_on: bool = True) -> None:
    from vae.cli.progress import training_bar, words_of_terms
    from vae.training.metrics import Terms
    from vae.training.trainer import train_run

    began = time.perf_counter()
    with training_bar(run) as on_report:
        try:
            train_run(run, on_report, until=until, goes_on=goes_on)
        except KeyboardInterrupt:
            typer.echo(
                _("Stopped. Go on with: python -m vae resume {directory}").format(
                    directory=run.directory
                ),
                err=True,
            )
            raise SystemExit(130) from None
    status = run.status()
    found: dict[str, Any] = {"run": str(run.directory), "name": run.name, "state": status.state}
    if status.state in ("cancelled", "interrupted", "paused"):
        ended = _("paused") if status.state == "paused" else _("stopped")
        emit(
            as_json,
            {**found, "epochs": status.epoch},
            _(
                "{directory} was {ended} after {epoch} of {epochs} epochs. Go on with: "
                "python -m vae resume {directory}"
            ).format(
                directory=run.directory, ended=ended, epoch=status.epoch, epochs=status.epochs
            ),
        )
        return
    reports = run.epochs()
    if not reports:
        raise RunError(
            _("{directory} is done, but its {metrics_file} holds no epoch.").format(
                directory=run.directory, metrics_file=runs.METRICS_FILE
            )
        )
    last = reports[-1]
    found |= {
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
        _("{directory}: {epoch} epochs in {seconds} s, test loss {loss} ({terms})").format(
            directory=run.directory,
            epoch=last["epoch"],
            seconds=formatted(last["seconds"], ".1f"),
            loss=formatted(last["test"]["loss"], ".4g"),
            terms=words_of_terms(Terms(**last["test"])),
        ),
    )


@train_app.command()
@_with_options
def train(
    *,
    name: Annotated[
        str | None, typer.Option(help=_("The run's name, made up if not given."))
    ] = None,
    out: Out = DEFAULT_ROOT,
    as_json: Json = False,
    **given: Any,
) -> None:
    """Train a model in the foreground; the run is the directory OUT/NAME.

    Options of some families only are refused by the others.
    """
    from vae.data import load_for, spec_of
    from vae.data.views import parse_classes
    from vae.runs.devices import pick_device
    from vae.training.plan import plan

    readers: dict[str, Callable[[str], Any]] = {
        "classes": lambda text: parse_classes(text, spec_of(given["dataset"])),
        "hidden": parse_hidden,
        "growth": parse_growth,
    }
    for field, read in readers.items():
        if given[field] is not None:
            given[field] = read(given[field])
    family = given.pop("family")
    data, model, training = (
        {field: given[field] for field in kind.model_fields if field in given}
        for kind in (DataConfig, ModelConfig, TrainConfig)
    )
    config = plan(family, name=name, data=data, model=model, train=training)
    # What can be refused is refused before there is a directory.
    pick_device(config.train.device)
    load_for(config.data)
    _execute(runs.create(config, out, numbered=name is None), as_json)


@train_app.command()
def resume(
    run: RunRef,
    one_more: Annotated[
        bool, typer.Option("--one-more", help=_("Train one epoch more, also of a finished run."))
    ] = False,
    out: Out = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Take up a run where it stopped, or start one that is only a config."""
    opened = runs.open_run(run, out)
    _execute(opened, as_json, queue.make_room(opened) if one_more else None)


@train_app.command(hidden=True)
def work(run: RunRef) -> None:
    """Train a run, then those that wait, for the queue."""
    from vae.training.trainer import go_on, next_here

    opened = runs.open_run(run)
    following: Run | None = opened
    try:
        while following is not None:
            opened = following
            try:
                _execute(opened, False, goes_on=False)
            except UserError as error:
                typer.echo(_in_words(error), err=True)
            following = next_here(opened)
    finally:
        go_on(opened)


def _in_words(error: UserError) -> str:
    text = " ".join(retold(str(error)).split())
    return _("Error: {message}").format(message=text)


@train_app.command()
def pause(run: RunRef, out: Out = DEFAULT_ROOT, as_json: Json = False) -> None:
    """Pause a run that trains or waits; resume goes on at the very step."""
    opened = runs.open_run(run, out)
    before = opened.status()
    if before.state != "running" and not before.waits:
        raise RunError(
            _("{run} does not train now: there is nothing to pause.").format(run=opened.name)
        )
    queue.pause(opened)
    text = _("{run} pauses.").format(run=opened.name)
    emit(as_json, {"run": str(opened.directory), "name": opened.name}, text)

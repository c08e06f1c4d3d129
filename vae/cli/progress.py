"""Progress bars on a terminal; silent where the output is a file or a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from vae.locale import _, retold
from vae.locale.numbers import formatted
from vae.runs import Run
from vae.runs.progress import epochs_done, time_left
from vae.training.loop import EpochReport, Report
from vae.training.metrics import Terms

if TYPE_CHECKING:
    from vae.studies.engine.state import StudyState


def _bar(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    before = (TextColumn("{task.description}"), BarColumn())
    return Progress(*before, *columns, console=console, disable=not console.is_terminal)


def words_of_terms(terms: Terms) -> str:
    """Say what a loss is made of, in few words."""
    parts = [(_("reconstruction"), terms.recon_loss), (_("KL"), terms.kl)]
    parts.append((_("penalty"), terms.penalty))
    return " + ".join(
        f"{name} {formatted(value, '.4g')}" for name, value in parts if value is not None
    )


@contextlib.contextmanager
def _reports(title: str, epochs: int) -> Iterator[Callable[[Report], None]]:
    with _bar(TextColumn("{task.fields[terms]}"), TimeRemainingColumn()) as progress:
        task = progress.add_task(title, total=epochs, terms="")

        def on_report(report: Report) -> None:
            if isinstance(report, EpochReport):
                step, split, terms = None, _("test"), report.test
            else:
                step, split, terms = report.step, _("train"), report.train
            progress.update(
                task,
                completed=epochs_done(report.epoch, step, report.steps_per_epoch),
                terms=_("epoch {epoch}/{epochs}  {split} {terms}").format(
                    epoch=report.epoch,
                    epochs=epochs,
                    split=split,
                    terms=words_of_terms(terms),
                ),
            )

        yield on_report


def training_bar(run: Run) -> contextlib.AbstractContextManager[Callable[[Report], None]]:
    """Show a run's epochs going by."""
    return _reports(run.name, run.config.train.epochs)


def recipe_bar(name: str) -> contextlib.AbstractContextManager[Callable[[Report], None]]:
    """Show a shipped model being made."""
    from vae.training.recipes import RECIPES

    return _reports(name, RECIPES[name].train.epochs if name in RECIPES else 1)


def download_bar(name: str) -> contextlib.AbstractContextManager[Callable[[int, int], None]]:
    """Show the bytes of a download arriving."""
    return _counted(name, DownloadColumn())


def image_bar(name: str) -> contextlib.AbstractContextManager[Callable[[int, int], None]]:
    """Show how many images have been read."""
    return _counted(name, MofNCompleteColumn())


@contextlib.contextmanager
def _counted(name: str, column: ProgressColumn) -> Iterator[Callable[[int, int], None]]:
    with _bar(column, TimeRemainingColumn()) as progress:
        task = progress.add_task(name, total=None)

        def on_progress(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield on_progress


@contextlib.contextmanager
def measuring_bar() -> Iterator[Callable[[str, float], None]]:
    """Show what is measured, and the share that is done."""
    with _bar(TaskProgressColumn()) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda doing, share: progress.update(task, completed=share, description=retold(doing))


@contextlib.contextmanager
def study_bar(name: str, quiet: bool) -> Iterator[Callable[[StudyState], None]]:
    """Show how far a study is: a bar on a terminal, else (unless quiet) a line for each run."""
    said = ""
    with _bar(TaskProgressColumn(), TextColumn("{task.fields[words]}")) as progress:
        task = progress.add_task(name, total=1.0, words="")
        is_terminal = progress.console.is_terminal

        def on_state(now: StudyState) -> None:
            nonlocal said
            left = f", {time_left(now.seconds_left)}" if now.seconds_left else ""
            words = f"{retold(now.doing)}{left}"
            progress.update(task, completed=now.share, words=words)
            if not is_terminal and not quiet and now.doing != said:
                said = now.doing
                typer.echo(words, err=True)

        yield on_state

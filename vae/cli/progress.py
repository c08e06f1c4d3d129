"""Progress bars on a terminal; silent where the output is a file or a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from vae.runs import Run
from vae.training.loop import EpochReport, Report
from vae.training.metrics import Terms


def _bar(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def words_of_terms(terms: Terms) -> str:
    """Say what a loss is made of, in few words."""
    words = f"reconstruction {terms.recon_loss:.4g}"
    if terms.kl is not None:
        words += f" + KL {terms.kl:.4g}"
    return words if terms.penalty is None else f"{words} + penalty {terms.penalty:.4g}"


@contextlib.contextmanager
def _reports(title: str, epochs: int) -> Iterator[Callable[[Report], None]]:
    with _bar(TextColumn("{task.fields[terms]}")) as progress:
        task = progress.add_task(title, total=epochs, terms="")

        def on_report(report: Report) -> None:
            if isinstance(report, EpochReport):
                done, split, terms = float(report.epoch), "test", report.test
            else:
                done = report.epoch - 1 + report.step / report.steps_per_epoch
                split, terms = "train", report.train
            progress.update(
                task,
                completed=done,
                terms=f"epoch {report.epoch}/{epochs}  {split} {words_of_terms(terms)}",
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
    with _bar(column) as progress:
        task = progress.add_task(name, total=None)

        def on_progress(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield on_progress

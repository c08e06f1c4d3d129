"""Progress bars on a terminal; silent where the output is a file or a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from vae.runs import Run
from vae.train import EpochReport, Report


def _bar(*columns: TextColumn | DownloadColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


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
                terms=f"epoch {report.epoch}/{epochs}  {split} "
                f"{terms.recon_loss:.1f} + KL {terms.kl:.1f}",
            )

        yield on_report


def training_bar(run: Run) -> contextlib.AbstractContextManager[Callable[[Report], None]]:
    """Show a run's epochs going by."""
    return _reports(run.name, run.config.train.epochs)


def recipe_bar(name: str) -> contextlib.AbstractContextManager[Callable[[Report], None]]:
    """Show a shipped model being made."""
    from vae.shipped import RECIPES

    return _reports(name, RECIPES[name].train.epochs if name in RECIPES else 1)


@contextlib.contextmanager
def download_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show the bytes of a download arriving."""
    with _bar(DownloadColumn()) as progress:
        task = progress.add_task(name, total=None)

        def on_progress(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield on_progress

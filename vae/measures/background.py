"""Measuring a run as a task behind the pages: all figures, or the standard ones."""

from vae.locale import N_
from vae.runs import Run, tasks
from vae.runs.threads import Progress

_ADVICE = N_("start it again, and end other programs first if this machine is short of memory.")


def _key(run: Run, *, full: bool) -> str:
    return f"{'measure' if full else 'evaluation'}-{run.version}"


def submit(run: Run, num_samples: int | None = None) -> None:
    """Ask for the figures of a run, all of them with K samples, the standard ones without.

    Raises RunError if the folder of the runs cannot be written.
    """
    full = num_samples is not None
    task = tasks.Task(
        kind="measure" if full else "evaluation",
        subject=str(run.directory.resolve()),
        inputs={"num_samples": num_samples},
        advice=_ADVICE,
    )
    tasks.submit(run.directory.parent, _key(run, full=full), task)


def look(run: Run, *, full: bool) -> Progress:
    """Return how the measuring stands; "none" also where it is done."""
    return tasks.look(run.directory.parent, _key(run, full=full))


def stop(run: Run, *, full: bool) -> None:
    """End the measuring, or take it from the queue; nothing of it stays.

    Raises RunError if its process cannot be ended, or the folder of the runs not be written.
    """
    tasks.stop(run.directory.parent, _key(run, full=full))

"""The original images that a run was trained on, or why they cannot be shown."""

from typing import NamedTuple

from vae.data import ImageData, known_spec, status
from vae.errors import UserError
from vae.locale import _
from vae.runs import Run
from vae.training.metrics import check_images
from vae.ui.shared import loaders
from vae.ui.shared.errors import sentence


class Originals(NamedTuple):
    """A run's images as the run sees them, or None and why."""

    data: ImageData | None
    problem: str = ""
    """A sentence; empty where the images are here."""
    is_absent: bool = False
    """Whether it is only that they have yet to be got."""


def are_here(dataset: str) -> bool:
    """Return whether the images of a data set are on this machine."""
    return known_spec(dataset) is not None and status(dataset).ready


def title_of(dataset: str) -> str:
    """Return what a data set is called, its name where it is unknown."""
    spec = known_spec(dataset)
    return _(spec.title) if spec else dataset


def class_names(run: Run) -> tuple[str, ...]:
    """Return the classes of a run's data, as messages; none where the data set is unknown."""
    spec = known_spec(run.config.data.dataset)
    return spec.class_names if spec else ()


def class_name(run: Run, label: int) -> str:
    """Return what a class of a run's data is called, its number where that is unknown."""
    spec = known_spec(run.config.data.dataset)
    return spec.class_name(label) if spec else str(label)


def originals(run: Run) -> Originals:
    """Return the images of a run, in its order: test image ``i`` is that of test code ``i``."""
    name = run.config.data.dataset
    try:
        if not status(name).ready:
            problem = _("The images of {title} are not on this machine.").format(
                title=title_of(name)
            )
            return Originals(None, problem, is_absent=True)
        data = loaders.data_of(run)
        check_images(run.config.model, data)
    except UserError as error:
        return Originals(None, sentence(error))
    return Originals(data)


def version_with_data(run: Run) -> str:
    """Return what changes with a run's files and with its data set: keys caches of both."""
    return f"{run.version}-{loaders.data_version(run)}"

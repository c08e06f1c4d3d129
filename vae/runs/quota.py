"""Whether somebody may have one more run: what a class allows each of its visitors."""

from pathlib import Path

from vae.config import RunConfig
from vae.people import acting, limits
from vae.people.classroom import classroom
from vae.people.limits import MEGA, refuse_above, refuse_full
from vae.people.owners import owner_of
from vae.storage import folders


def allowed(root: Path) -> dict[str, int]:
    """Return the limits for the runs under ``root``: the teacher's, else the environment's."""
    return limits(classroom(root).limits)


def check_quota(config: RunConfig, root: Path, more_bytes: int = 0) -> None:
    """Refuse a run that is more than who acts may have; ``more_bytes`` come with it.

    Raises LimitError with what to do.
    """
    most = allowed(root)
    refuse_full(root, most["free"])
    person = acting()
    if person.is_teacher:
        return
    from vae.models.architecture import architecture  # With torch.
    from vae.runs.room import refuse_unlocked

    refuse_unlocked(config, root)
    refuse_above("epochs", config.train.epochs, most["epochs"])
    refuse_above("weights", architecture(config.model).weights, most["weights"])
    own = [folder for folder in _folders(root) if person.has(owner_of(folder))]
    refuse_above("runs", len(own) + 1, most["runs"])
    if most["disk"]:
        used = sum(folders.size_of(folder) for folder in own) + more_bytes
        refuse_above("disk", used / MEGA, most["disk"])


def _folders(root: Path) -> list[Path]:
    from vae.runs.store import list_runs

    return [run.directory for run in list_runs(root) if not run.config.shipped]

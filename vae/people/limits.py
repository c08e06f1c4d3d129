"""How much one visitor of a class may have, so that a laptop bears thirty of them.

Each limit is a variable of the environment; 0 lifts it. The teacher and the machine's owner have
none, but for the disk that is to stay free.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from vae.errors import LimitError
from vae.locale import N_, _
from vae.people.person import acting

MEGA = 1_000_000


class Limit(NamedTuple):
    """A limit: its variable, its default, and what it counts."""

    variable: str
    default: int
    words: str


LIMITS: dict[str, Limit] = {
    "epochs": Limit("VAE_MAX_EPOCHS", 500, N_("Epochs per run")),
    "weights": Limit("VAE_MAX_WEIGHTS", 20 * MEGA, N_("Weights per model")),
    "runs": Limit("VAE_MAX_RUNS", 40, N_("Runs per person")),
    "disk": Limit("VAE_MAX_DISK_MB", 1000, N_("Disk per person, MB")),
    "uploads": Limit("VAE_MAX_UPLOADS_MB", 4000, N_("Uploaded images in all, MB")),
    "free": Limit("VAE_FREE_DISK_MB", 500, N_("Disk kept free, MB")),
}


def default_of(name: str) -> int:
    """Return a limit as the environment, or else the program, has it."""
    limit = LIMITS[name]
    text = os.environ.get(limit.variable, "").strip()
    return int(text) if text.isascii() and text.isdecimal() else limit.default


def limits(given: dict[str, int] | None = None) -> dict[str, int]:
    """Return all limits; ``given`` are those that the teacher has set."""
    return {name: (given or {}).get(name, default_of(name)) for name in LIMITS}


def refuse_above(name: str, value: float, allowed: int) -> None:
    """Refuse more than a limit from a visitor; raises LimitError."""
    if allowed and value > allowed and not acting().is_teacher:
        raise LimitError(
            _("{what}: at most {allowed} here ({value} asked for). {advice}").format(
                what=_(LIMITS[name].words),
                allowed=f"{allowed:,}",
                value=f"{value:,.0f}",
                advice=_(_ADVICE[name]),
            )
        )


_ADVICE = {
    "epochs": N_("Train fewer epochs, or ask the teacher for more."),
    "weights": N_("Choose fewer or smaller layers, or ask the teacher for more."),
    "runs": N_("Delete some of your runs on the page Models first."),
    "disk": N_("Delete some of your runs on the page Models first."),
    "uploads": N_("Remove a data set that nobody needs first."),
}


def refuse_full(folder: Path, free_mb: int) -> None:
    """Refuse anybody to begin what writes to a disk with less room; raises LimitError."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    room = shutil.disk_usage(there).free / MEGA
    if room < free_mb:
        raise LimitError(
            _(
                "the disk of {folder} has {room} MB left, and {kept} MB stay free: delete what is "
                "not needed, or set {variable} to less."
            ).format(
                folder=folder,
                room=f"{room:,.0f}",
                kept=f"{free_mb:,}",
                variable=LIMITS["free"].variable,
            )
        )

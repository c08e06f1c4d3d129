"""What the teacher has set for a class: ``.class.json`` in the folder of the runs."""

import os
import time
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vae.errors import RunError
from vae.locale import _
from vae.people.limits import LIMITS
from vae.people.person import acting
from vae.storage.files import read_bytes, write_atomic

CLASS_FILE = ".class.json"

Text = Annotated[str, Field(max_length=2000)]


class Followed(BaseModel):
    """Where the teacher is, for those who follow: a page and its address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: Annotated[str, Field(pattern=r"^[a-z]{0,20}$")]
    query: dict[str, Text] = Field(default_factory=dict, max_length=40)


class Classroom(BaseModel):
    """All of it; empty where the teacher has set nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limits: dict[str, Annotated[int, Field(ge=0, le=10**12)]] = Field(default_factory=dict)
    hidden: tuple[Text, ...] = ()
    """Names of pages that only the teacher sees."""
    locked: dict[str, Any] = Field(default_factory=dict)
    """Settings of Train that have one value for all."""
    follows: Followed | None = None
    changed_at: float = 0.0


EMPTY = Classroom()


def classroom(root: Path) -> Classroom:
    """Return what is set for the class whose runs are under ``root``."""
    path = root / CLASS_FILE
    try:
        about = path.stat()
    except OSError:
        return EMPTY
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _modified: int, _size: int) -> Classroom:
    try:
        found = Classroom.model_validate_json(read_bytes(path))
    except (OSError, ValidationError, ValueError):
        return EMPTY
    known = {name: value for name, value in found.limits.items() if name in LIMITS}
    return found.model_copy(update={"limits": known})


def set_classroom(root: Path, **changes: Any) -> Classroom:
    """Change what is set for a class.

    Raises RunError if somebody else than the teacher asks for it, or it cannot be written.
    """
    if not acting().is_teacher:
        raise RunError(_("only the teacher can change what is set for the class."))
    before = classroom(root).model_dump()
    now = Classroom(**{**before, **changes, "changed_at": time.time()})
    try:
        root.mkdir(parents=True, exist_ok=True)
        if now.model_dump(exclude={"changed_at"}) == EMPTY.model_dump(exclude={"changed_at"}):
            (root / CLASS_FILE).unlink(missing_ok=True)
        else:
            write_atomic(root / CLASS_FILE, now.model_dump_json(indent=2).encode())
    except OSError as error:
        raise RunError(
            _("cannot write {path} ({reason}): make it writable.").format(
                path=root / CLASS_FILE, reason=error.strerror or os.strerror(error.errno or 0)
            )
        ) from None
    return now

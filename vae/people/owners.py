"""Whose a folder is: ``owner.json`` in it. Without one it is the machine owner's."""

import json
import os
from functools import lru_cache
from pathlib import Path

from vae.errors import NotYoursError, UserError
from vae.locale import _
from vae.people.person import acting
from vae.storage.files import read_json, write_atomic

OWNER_FILE = "owner.json"


def note_owner(folder: Path) -> None:
    """Note that a folder is of who acts; raises OSError if it cannot be written."""
    person = acting()
    if person.owner:
        text = json.dumps({"owner": person.owner, "name": person.name[:60]})
        write_atomic(folder / OWNER_FILE, text.encode())


def _read(folder: Path) -> tuple[str, str] | None:
    """Return owner and name, empty for the machine's; None where the file is damaged."""
    path = folder / OWNER_FILE
    try:
        about = os.lstat(path)
    except OSError:
        return "", ""
    return _read_cached(path, about.st_mtime_ns)


@lru_cache(maxsize=10_000)
def _read_cached(path: Path, _modified: int) -> tuple[str, str] | None:
    try:
        found = read_json(path, ("owner", "name"))
    except UserError:
        return None
    owner, name = found["owner"], found["name"]
    return (owner, name[:60]) if isinstance(owner, str) and isinstance(name, str) else None


def owner_of(folder: Path) -> str | None:
    """Return the owner of a folder, empty for the machine's; None if its file is damaged."""
    found = _read(folder)
    return None if found is None else found[0]


def name_of(folder: Path) -> str:
    """Return the name that a login gave a folder's owner, or what tells owners apart."""
    owner, name = _read(folder) or ("", "")
    return name or owner[:4]


def is_mine(folder: Path) -> bool:
    """Whether a folder belongs to who acts."""
    return acting().has(owner_of(folder))


def may_change(folder: Path) -> bool:
    """Whether who acts may stop, rename, delete or replace what is in a folder."""
    return acting().is_teacher or is_mine(folder)


def refuse_others(folder: Path, what: str) -> None:
    """Refuse who acts unless the folder is theirs, or they are the teacher.

    Raises NotYoursError. ``what`` is to be done with it, as a marked participle.
    """
    if not may_change(folder):
        raise NotYoursError(
            _(
                "{name} belongs to somebody else: it can be {what} by them or the teacher only. "
                "You can train one of your own with the same settings."
            ).format(name=folder.name, what=_(what))
        )

"""Who acts: a visitor known by a secret of their browser or by a login, or the machine's owner."""

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

ACTS_FOR = "VAE_OWNER"
"""Variable of a process that works for somebody: what it makes is theirs."""


@dataclass(frozen=True)
class Person:
    """Somebody who acts.

    ``owner`` is what things made now belong to, empty for the machine's owner; ``also`` are more
    such names of the same person. A name is a digest: it does not give away the secret behind it.
    """

    owner: str
    is_teacher: bool = False
    name: str = ""
    also: frozenset[str] = frozenset()

    def has(self, owner: str | None) -> bool:
        """Whether what belongs to ``owner`` is this person's."""
        return owner is not None and (owner == self.owner or owner in self.also)


MACHINE = Person("", is_teacher=True)
"""Whoever has a shell on this machine, and the program's own processes."""

_who: Callable[[], Person | None] = lambda: None  # noqa: E731


def ask_who(who: Callable[[], Person | None]) -> None:
    """Let ``who`` say who acts; None outside of anybody's visit."""
    global _who
    _who = who


def acting() -> Person:
    """Return who acts now."""
    found = _who()
    if found is not None:
        return found
    owner = os.environ.get(ACTS_FOR, "")
    return Person(owner) if owner else MACHINE


def new_token() -> str:
    """Return a secret that nobody guesses: 192 random bits."""
    return secrets.token_urlsafe(24)


def digest(secret: str) -> str:
    """Return the name that a secret or a login goes by in files: 32 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]

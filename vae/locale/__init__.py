"""Every sentence that a person reads, in that person's language.

Sentences stand in English in the code, each in a call of ``_`` or ``ngettext``; what the other
languages say stands in ``<language>/LC_MESSAGES/vae.po``. ``python -m vae.locale`` keeps the two
together. A constant is marked by ``N_`` and translated where it is shown.
"""

import functools
import gettext as std
import io
import os
import re
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

LANGUAGES = {"en": "English", "fr": "Français"}
"""Languages by their codes; the first is that of the code."""
FOLDER = Path(__file__).parent

_here: ContextVar[str | None] = ContextVar("language", default=None)
_asked: list[Callable[[], str | None]] = []


def known(tag: str | None) -> str | None:
    """Return the language that a tag such as ``fr-CA`` or ``fr_FR.UTF-8`` stands for, if known."""
    code = (tag or "").replace("_", "-").partition("-")[0].partition(".")[0].lower()
    return code if code in LANGUAGES else None


@functools.cache
def _of_process() -> str:
    names = ("VAE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    tags = (os.environ.get(name) for name in names)
    return next((found for found in map(known, tags) if found), "en")


def language() -> str:
    """Return the code of the language to speak: the block's, the session's or the process's."""
    found = _here.get()
    if found is None:
        found = next((code for ask in _asked if (code := ask())), None)
    return found or _of_process()


def ask_for_language(ask: Callable[[], str | None]) -> None:
    """Let a function say whose language it is, where no block does; None if it does not know."""
    _asked[:] = [ask]


@contextmanager
def spoken(code: str) -> Iterator[None]:
    """Speak a language until the block ends: in this thread, or task."""
    token = _here.set(code)
    try:
        yield
    finally:
        _here.reset(token)


def as_now(function: Callable[..., T]) -> Callable[..., T]:
    """Return a function that speaks the language of this moment whenever it is called."""
    code = language()

    def speaking(*given: object, **named: object) -> T:
        with spoken(code):
            return function(*given, **named)

    return speaking


def speak(code: str) -> None:
    """Speak a language from now on, in this thread."""
    _here.set(code)


def po_file(code: str) -> Path:
    """Return where a language's messages stand."""
    return FOLDER / code / "LC_MESSAGES" / "vae.po"


@functools.cache
def _catalogue(code: str) -> std.NullTranslations:
    if code == next(iter(LANGUAGES)):
        return std.NullTranslations()
    # Only who reads another language waits for it (a tenth of a second, once).
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with po_file(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return std.GNUTranslations(compiled)


class _Numbers(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        text: str = super().format_field(value, format_spec)
        if not format_spec or isinstance(value, str):
            return text
        from vae.locale.numbers import in_signs

        return in_signs(text)


class _Text(str):
    """A message in another language: numbers that it takes in have the language's signs."""

    __slots__ = ()

    def format(self, *given: object, **named: object) -> str:
        return _Numbers().vformat(self, given, named)


def _said(text: str) -> str:
    return _Text(text) if "{" in text and language() != next(iter(LANGUAGES)) else text


def _(message: str) -> str:
    """Return a message in the language to speak."""
    return _said(_catalogue(language()).gettext(message)) if message else ""


_FIELD = re.compile(r"\{(\w+)[^{}]*\}")


def _fill(message: str, values: dict[str, str]) -> str:
    return _FIELD.sub(lambda field: values.get(field[1], field[0]), message)


@functools.cache
def _patterns(code: str) -> list[tuple[re.Pattern[str], str]]:
    """Return what an English text may look like, and its message; those that say most first."""
    found = []
    for message in getattr(_catalogue(code), "_catalog", {}):
        text = message if isinstance(message, str) else ""
        if _FIELD.search(text):
            pieces = [re.escape(piece) for piece in _FIELD.split(text)[::2]]
            names = _FIELD.findall(text)
            pattern, seen = pieces[0], set[str]()
            for name, piece in zip(names, pieces[1:], strict=True):
                pattern += (f"(?P={name})" if name in seen else f"(?P<{name}>.+?)") + piece
                seen.add(name)
            found.append((len("".join(pieces)), re.compile(pattern, re.DOTALL), text))
    found.sort(key=lambda item: -item[0])
    return [(pattern, text) for _size, pattern, text in found if _size > 5]


def retold(text: str) -> str:
    """Return an English text that was made of a message elsewhere, in the language to speak.

    What is stored is English, as are the words of work behind the pages: others may read it.
    """
    code = language()
    said = _(text)
    if said != text or code == next(iter(LANGUAGES)):
        return said
    for pattern, message in _patterns(code):
        if found := pattern.fullmatch(text):
            return _fill(_(message), {k: retold(v) for k, v in found.groupdict().items()})
    return text


def ngettext(one: str, many: str, n: float) -> str:
    """Return the form of a message for a number of things; ``{n}`` is filled in by the caller."""
    return _said(_catalogue(language()).ngettext(one, many, n if isinstance(n, int) else 2))


def N_(message: str) -> str:  # noqa: N802
    """Mark a constant, to be translated where it is shown."""
    return message

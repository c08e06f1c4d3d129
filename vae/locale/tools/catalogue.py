"""Catalogues of the other languages: brought up to date, checked, cut into parts and joined."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from vae.locale import LANGUAGES, po_file
from vae.locale.tools.sources import BROWSER, ROOT, SENT, TEXTS, fields, messages

OTHERS = list(LANGUAGES)[1:]
_WIDTH = 100


PLURALS = {"fr": "nplurals=2; plural=(n > 1);"}
"""As gettext's own projects have them; ``ngettext`` of ``locale.js`` knows two forms."""


def empty(code: str) -> Catalog:
    """Return a catalogue without messages."""
    made = Catalog(locale=code)
    made.mime_headers = [("Plural-Forms", PLURALS[code])]
    return made


def read(path: Path, code: str) -> Catalog:
    """Return what stands in a catalogue; an empty one where there is no file."""
    if not path.exists():
        return empty(code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def written(catalogue: Catalog, *, with_places: bool = False) -> bytes:
    """Return a catalogue as its file holds it: the same bytes for the same messages.

    ``with_places``: in the order of the places where messages stand, and with them.
    """
    code = str(catalogue.locale_identifier)
    fresh = empty(code)
    for message in catalogue:
        if message.id:
            fresh.add(message.id, message.string, message.locations)
    out = io.BytesIO()
    write_po(
        out,
        fresh,
        width=_WIDTH,
        no_location=not with_places,
        sort_output=not with_places,
        sort_by_file=with_places,
        omit_header=True,
    )
    head = (
        f"# What the explorer says: {LANGUAGES[code]}.",
        'msgid ""',
        'msgstr ""',
        f'"Language: {code}\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {PLURALS[code]}\\n"',
        "\n",
    )
    return "\n".join(head).encode() + out.getvalue()


def is_done(message: Message) -> bool:
    """Whether all forms of a message are translated."""
    return bool(message.string) and all(_forms(message.string)) and not message.fuzzy


def current(code: str) -> Catalog:
    """Return the messages of the sources, with what a language's catalogue says for them."""
    before, now = read(po_file(code), code), empty(code)
    for message in messages():
        if message.id:
            old = before.get(message.id)
            now.add(message.id, old.string if old and not old.fuzzy else None, message.locations)
    return now


def browser_module(catalogue: Catalog) -> str:
    """Return the messages that the browser needs as a module of JavaScript."""
    found = {
        _forms(message.id)[0]: message.string
        for message in catalogue
        if message.id
        and is_done(message)
        and any(place.startswith((BROWSER, *SENT)) for place, _line in message.locations)
    }
    body = json.dumps(dict(sorted(found.items())), ensure_ascii=False, indent=2)
    head = "/** Made from the catalogue by `python -m vae.locale update`. */"
    return f"{head}\nexport default {body};\n"


def browser_file(code: str) -> Path:
    """Return where the browser finds a language's messages."""
    return ROOT / BROWSER / "lib" / "messages" / f"{code}.js"


def update() -> None:
    """Bring the catalogues up to date: new messages untranslated, those that are gone left out."""
    for code in OTHERS:
        now = current(code)
        po_file(code).parent.mkdir(parents=True, exist_ok=True)
        po_file(code).write_bytes(written(now))
        browser_file(code).parent.mkdir(parents=True, exist_ok=True)
        browser_file(code).write_text(browser_module(now), encoding="utf-8")


def _ends(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _of_message(message: Message, kept: Catalog) -> str:
    """Return what is wrong with a message of the sources; "" where nothing is."""
    if kept.get(message.id) is None or not is_done(message):
        return "not translated"
    pairs = zip(_forms(message.string), _forms(message.id), strict=False)
    if any(_ends(said) != _ends(text) for said, text in pairs):
        return "differs in the spaces at its ends"
    try:
        found = [
            set[str]().union(*map(fields, _forms(text))) for text in (message.id, message.string)
        ]
    except ValueError:  # braces of a formula: nothing is filled in
        return ""
    return f"differs in {', '.join(sorted(found[0] ^ found[1]))}" if found[0] != found[1] else ""


def _longer_texts(code: str) -> Iterator[str]:
    """Yield a line for each text in a file of its own that is missing, or has other fields."""
    for path in sorted(TEXTS.glob("*.md")):
        other = TEXTS / code / path.name
        place = f"{TEXTS.name}/{code}/{path.name}"
        if not other.exists():
            yield f"{code}: not translated: {place}"
        elif fields(other.read_text(encoding="utf-8")) != fields(path.read_text(encoding="utf-8")):
            yield f"{code}: other fields than the English text: {place}"


def faults() -> Iterator[str]:
    """Yield a line for each message that is not used, not translated, or has other fields."""
    for code in OTHERS:
        yield from _longer_texts(code)
        now, kept = current(code), read(po_file(code), code)
        for message in kept:
            if message.id and now.get(message.id) is None:
                yield f"{code}: not used any more: {message.id!r}"
        for message in now:
            if message.id and (wrong := _of_message(message, kept)):
                yield f"{code}: {wrong}: {message.id!r}"
        files = {po_file(code): written(now), browser_file(code): browser_module(now).encode()}
        for path, content in files.items():
            if not path.exists() or path.read_bytes() != content:
                yield f"{path.relative_to(ROOT)} is out of date: run `python -m vae.locale update`"


def split(code: str, parts: int, folder: Path) -> None:
    """Cut what is not translated yet into files to be worked on apart."""
    open_ = [message for message in current(code) if message.id and not is_done(message)]
    open_.sort(key=lambda message: (message.locations or [("", 0)])[0])
    size = -(-len(open_) // parts) or 1
    for number in range(parts):
        part = empty(code)
        for message in open_[number * size : (number + 1) * size]:
            part.add(message.id, message.string, message.locations)
        (folder / f"{number}.po").write_bytes(written(part, with_places=True))


def merge(code: str, files: list[Path]) -> None:
    """Take what is translated in some files into the catalogue of a language."""
    now = current(code)
    for path in files:
        for message in read(path, code):
            if message.id and is_done(message) and (known := now.get(message.id)) is not None:
                known.string = message.string
    po_file(code).write_bytes(written(now))
    update()

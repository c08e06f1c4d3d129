"""Where messages stand in the sources, and what they are."""

import ast
import string
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

ROOT = Path(__file__).parents[3]
BROWSER = "vae/ui/component"
"""What is said here is sent to the browser."""
TEXTS = ROOT / "vae/studies/methods"
"""Longer texts, a file each: in a language's folder those of that language."""
SENT = ("vae/data/registry.py", "vae/data/shapes.py")
"""These hold names of classes, which the browser shows as well."""
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
_METHODS = (
    ("streamlit_app.py", "python"),
    ("pages/*.py", "python"),
    ("vae/**/*.py", "python"),
    ("vae/cli/*.py", "vae.locale.tools.sources:extract_commands"),
    (f"{BROWSER}/**/*.js", "javascript"),
    (f"{BROWSER}/**/*.html", "vae.locale.tools.sources:extract_html"),
    ("vae/ui/templates/*.html", "jinja2"),
    ("vae/measures/texts.toml", "vae.locale.tools.sources:extract_toml"),
)
_READ_ALOUD = ("aria-label", "title", "alt", "placeholder")

Found = tuple[int, str | None, str | tuple[str, ...], list[str]]


def python_files() -> list[Path]:
    """Return the project's own Python files."""
    globs = ("streamlit_app.py", "pages/*.py", "vae/**/*.py")
    return [path for pattern in globs for path in sorted(ROOT.glob(pattern))]


def is_message(text: str) -> bool:
    """Whether there are words in a text."""
    return sum(letter.isalpha() for letter in text) > 1


def fields(text: str) -> set[str]:
    """Return the names of what is filled into a message; ValueError for braces of a formula."""
    return {name for _text, name, _form, _conversion in string.Formatter().parse(text) if name}


class _Texts(HTMLParser):
    """Collects what is read of a view's HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script")
        self.found += [
            (self.getpos()[0], value) for name, value in attrs if name in _READ_ALOUD and value
        ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append((self.getpos()[0], " ".join(data.split())))


def extract_html(file: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Babel's method for the HTML of a view: the texts that ``locale.js`` translates."""
    reader = _Texts()
    reader.feed(file.read().decode())
    for line, text in reader.found:
        if is_message(text):
            yield line, None, text, []


def extract_toml(file: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Babel's method for a TOML file in which every string is read."""

    def strings(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                yield from strings(item)

    for text in strings(tomllib.loads(file.read().decode())):
        if is_message(text):
            yield 1, None, text, []


def extract_commands(file: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Babel's method for the commands' help: the paragraphs of their docstrings."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(made, ast.Call) and getattr(made.func, "attr", "") == "command"
            for made in node.decorator_list
        ):
            for part in (ast.get_docstring(node) or "").split("\n\n"):
                yield node.lineno, None, " ".join(part.split()), []


def messages() -> Catalog:
    """Return all messages of the sources; their locations are files below the project's folder."""
    catalogue = Catalog()
    for pattern, method in _METHODS:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            for line, message, _comments, context in extract_from_file(method, path, KEYWORDS):
                catalogue.add(message, None, [(place, line)], context=context)
    return catalogue

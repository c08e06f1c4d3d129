"""HTML from the templates in ``vae/ui/templates``, a file of macros a page; values are escaped."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from numpy import uint8
from numpy.typing import NDArray

from vae.locale import _, ngettext
from vae.storage.pictures import png_bytes

FOLDER = Path(__file__).parents[1]
STYLE = FOLDER / "style.css"


def uri(content: bytes | str, kind: str) -> Markup:
    """Return a picture as an address that holds all of it."""
    data = content.encode() if isinstance(content, str) else content
    return Markup(f"data:{kind};base64,{b64encode(data).decode()}")  # nosec B704


def png(levels: NDArray[uint8]) -> Markup:
    """Return levels ``(C, H, W)`` as the address of a PNG."""
    return uri(png_bytes(levels), "image/png")


_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_templates.filters.update(png=png, uri=uri)
_templates.globals.update(_=_, ngettext=ngettext)


def render(template: str, macro: str, *values: Any) -> Markup:
    """Return what a macro of ``<template>.html`` makes of some values."""
    made: Markup = getattr(_templates.get_template(f"{template}.html").module, macro)(*values)
    return made

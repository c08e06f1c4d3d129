"""What the latent map shows apart from z, as the page's address and the browser have it."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypedDict

from vae.analysis.pinned import Pin, format_pin, numbers, parse_picture, parse_pin
from vae.errors import ConfigError
from vae.locale import _

MODES = ("tiles", "codes", "pictures", "both")
PCA = "pca"
MOST_ZOOM = 60.0
LONGEST_NAME = 24
MOST_EPOCHS = 1_000_000
MOST_PLACES = 12
"""Places of a path in an address."""


class Display(TypedDict, total=False):
    """What is to be seen; what is missing or None is as at first."""

    mode: str | None
    """One of :data:`MODES`: the decoded plane, the codes as points or as thumbnails, or both."""
    axes: list[int] | str | None
    """Two dimensions, from 0, or :data:`PCA`."""
    zoom: list[float] | None
    """A factor from 1, and the middle of the window across and (but for a line) up."""
    opacity: int | None
    """Of the points, in percent."""
    focus: int | None
    """The class that is shown alone."""
    epoch: int | None
    """The epoch whose codes are shown; the newest kept one up to it."""
    names: dict[str, str] | None
    """Names of dimensions, by their numbers from 0."""
    path: list[list[float]] | None
    """Some places of a path that was drawn, in order."""
    pin: Pin | None
    """A pinned picture that is no test image."""


def _error(name: str, wanted: str) -> ConfigError:
    return ConfigError(
        _(
            "the {name} in the address does not fit: it must be {wanted}. The map is "
            "shown as usual instead."
        ).format(name=name, wanted=wanted)
    )


def parse_mode(text: str) -> str:
    """Read what the map shows."""
    if text not in MODES:
        raise _error("mode", _("one of {names}").format(names=", ".join(MODES)))
    return text


def parse_axes(text: str, latent_dim: int) -> list[int] | str:
    """Read the axes: ``pca``, or two numbers of dimensions from 1."""
    if text == PCA and latent_dim > 2:
        return text
    try:
        dims = [int(part) - 1 for part in text.split(",")]
    except ValueError:
        dims = []
    if len(dims) != 2 or dims[0] == dims[1] or not all(0 <= dim < latent_dim for dim in dims):
        raise _error(
            _("pair of axes"),
            _("{pca}, or two numbers from 1 to {latent_dim}").format(
                pca=PCA, latent_dim=latent_dim
            ),
        )
    return dims


def parse_zoom(text: str, latent_dim: int) -> list[float]:
    """Read the window: a factor, and its middle."""
    count = 3 if latent_dim > 1 else 2
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if latent_dim == 1 and len(values) == 3:
        values = values[:2]
    fits = len(values) == count and all(math.isfinite(value) for value in values)
    if not fits or not 1 <= values[0] <= MOST_ZOOM:
        raise _error(
            "zoom",
            _("{count} numbers between commas, the first from 1 to {most:g}").format(
                count=count, most=MOST_ZOOM
            ),
        )
    return values


def parse_opacity(text: str) -> int:
    """Read the opacity of the points."""
    if not text.isascii() or not text.isdigit() or int(text[:4]) > 100:
        raise _error("opacity", _("a whole number from 0 to 100"))
    return int(text)


def parse_epoch(text: str) -> int:
    """Read the epoch whose codes are shown; 0 is before the first step."""
    if not text.isascii() or not text.isdigit() or not int(text[:9]) <= MOST_EPOCHS:
        raise _error("epoch", _("a whole number from 0 to {most}").format(most=MOST_EPOCHS))
    return int(text)


def parse_index(text: str, among: Collection[int], name: str = "class") -> int:
    """Read the number of one of some things."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if found not in among:
        raise _error(name, _("one that this model has"))
    return found


def parse_names(text: str, latent_dim: int) -> dict[str, str]:
    """Read names of dimensions: ``3:slant;7:width``, numbers from 1."""
    names: dict[str, str] = {}
    for part in text.split(";"):
        number, mark, name = part.partition(":")
        fits = mark and number.isascii() and number.isdigit() and len(number) < 6
        if not fits or not 1 <= int(number) <= latent_dim or not name.strip():
            raise _error(
                _("list of names"), _("like 1:slant;2:width, numbers of this model's dimensions")
            )
        names[str(int(number) - 1)] = name.strip()[:LONGEST_NAME]
    return names


def parse_path(text: str, latent_dim: int) -> list[list[float]]:
    """Read the places of a path: ``0,1;0.5,1.2``."""
    parts = text.split(";")
    places = [numbers(part, latent_dim) for part in parts[: MOST_PLACES + 1]]
    found = [place for place in places if place is not None]
    if not 2 <= len(found) == len(parts) <= MOST_PLACES:
        raise _error(
            _("path"),
            _("2 to {most} places between semicolons, each {latent_dim} numbers").format(
                most=MOST_PLACES, latent_dim=latent_dim
            ),
        )
    return found


def format_display(display: Mapping[str, Any] | None) -> dict[str, str]:
    """Write what is to be seen for the address; what is as at first is left out."""
    shown = display or {}
    found: dict[str, str] = {}
    if shown.get("mode"):
        found["mode"] = str(shown["mode"])
    axes = shown.get("axes")
    if axes:
        found["axes"] = axes if isinstance(axes, str) else ",".join(str(dim + 1) for dim in axes)
    if shown.get("zoom"):
        found["zoom"] = ",".join(f"{value:g}" for value in shown["zoom"])
    for name, key in (("opacity", "opacity"), ("class", "focus"), ("epoch", "epoch")):
        if shown.get(key) is not None:
            found[name] = str(shown[key])
    names = {dim: _plain(name) for dim, name in (shown.get("names") or {}).items()}
    kept = [f"{int(dim) + 1}:{name}" for dim, name in sorted(names.items(), key=_number) if name]
    if kept:
        found["names"] = ";".join(kept)
    if shown.get("path"):
        places = [",".join(f"{value:g}" for value in place) for place in shown["path"]]
        found["path"] = ";".join(places)
    return found | (format_pin(shown["pin"]) if shown.get("pin") else {})


ADDRESS = ("mode", "axes", "zoom", "opacity", "class", "epoch", "names", "path", "pin", "picture")
"""Parts of the address that :func:`format_display` writes."""


def parse_display(
    read: Callable[[str, Callable[[str], Any]], Any],
    latent_dim: int,
    classes: Sequence[int],
    *,
    labels: Sequence[int] = (),
    image_shape: Sequence[int] = (),
) -> Display:
    """Read what is to be seen.

    Parameters
    ----------
    read
        Returns what a part of the address is parsed to, by its name; None where there is none.
    classes
        Numbers of the classes that have codes.
    labels
        What the decoder can be told.
    image_shape
        Of the model's pictures, ``(C, H, W)``.
    """
    pin = read("pin", lambda text: parse_pin(text, latent_dim, labels))
    picture = read("picture", lambda text: parse_picture(text, image_shape))
    return {
        "mode": read("mode", parse_mode),
        "axes": read("axes", lambda text: parse_axes(text, latent_dim)),
        "zoom": read("zoom", lambda text: parse_zoom(text, latent_dim)),
        "opacity": read("opacity", parse_opacity),
        "focus": read("class", lambda text: parse_index(text, classes)),
        "epoch": read("epoch", parse_epoch),
        "names": read("names", lambda text: parse_names(text, latent_dim)),
        "path": read("path", lambda text: parse_path(text, latent_dim)),
        "pin": pin or picture,
    }


def _number(item: tuple[str, str]) -> int:
    return int(item[0])


def _plain(name: str) -> str:
    """Return a name without what separates names in the address."""
    return name.replace(";", " ").replace(":", " ").strip()[:LONGEST_NAME]

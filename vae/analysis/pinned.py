"""A pinned picture that is no test image, as the page's address has it.

Either it is what the decoder makes of some z, or it is given pixel by pixel: a drawing, or a sample
of pixels. Pixels are packed: deflated, then base64 as addresses bear it.
"""

import base64
import binascii
import math
import zlib
from collections.abc import Sequence
from typing import TypedDict

from vae.errors import ConfigError
from vae.locale import _

MOST_PACKED = 4_000
"""Characters of an address that a picture may take."""
FARTHEST = 1e6
"""No z in an address lies further from 0 along an axis."""


class Pin(TypedDict, total=False):
    """A pinned picture: its ``z`` or its ``picture``."""

    z: list[float]
    """What the decoder makes a mean of."""
    label: int | None
    """The label that it is told for that."""
    picture: str
    """The levels ``(C, H, W)``, from 0 to 255, as base64."""


def pack_picture(levels: bytes) -> str | None:
    """Write levels for the address; None where they would be too long for one."""
    packed = base64.urlsafe_b64encode(zlib.compress(levels, 9)).decode().rstrip("=")
    return packed if len(packed) <= MOST_PACKED else None


def parse_picture(text: str, shape: Sequence[int]) -> Pin:
    """Read a picture of a shape ``(C, H, W)`` from an address.

    Raises
    ------
    ConfigError
        If it is none of that size.
    """
    size = math.prod(shape)
    try:
        if len(text) > MOST_PACKED:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        # One byte more than there may be: no address makes a large picture.
        unpacking = zlib.decompressobj()
        levels = unpacking.decompress(raw, size + 1)
        if len(levels) != size or not unpacking.eof or unpacking.unused_data:
            raise ValueError
    except (ValueError, binascii.Error, zlib.error):
        raise ConfigError(
            _(
                "the picture in the address does not fit: this model takes pictures of {size} "
                "pixels, packed by the link on Draw or Explore. No picture is pinned."
            ).format(size=" × ".join(str(side) for side in shape[1:]))
        ) from None
    return {"picture": base64.b64encode(levels).decode()}


def parse_pin(text: str, latent_dim: int, labels: Sequence[int]) -> Pin:
    """Read the z of a pinned picture, and with ``@`` the label that the decoder is told.

    Raises
    ------
    ConfigError
        If there are not ``latent_dim`` finite numbers, or the label is not one of ``labels``.
    """
    place, mark, told = text.partition("@")
    z = numbers(place, latent_dim)
    label = next((label for label in labels if str(label) == told), None)
    if z is None or bool(labels) != bool(mark) or (mark and label is None):
        raise ConfigError(
            _(
                "the pinned picture in the address does not fit: it must be {count} numbers "
                "between commas, and for a conditional model @ and a label. No picture is pinned."
            ).format(count=latent_dim)
        )
    return {"z": z, "label": label}


def format_pin(pin: Pin) -> dict[str, str]:
    """Write a pinned picture for the address; nothing where it is too large for one."""
    if "z" in pin:
        label = pin.get("label")
        told = "" if label is None else f"@{label}"
        return {"pin": ",".join(f"{value:g}" for value in pin["z"]) + told}
    packed = pack_picture(base64.b64decode(pin["picture"]))
    return {} if packed is None else {"picture": packed}


def numbers(text: str, count: int) -> list[float] | None:
    """Read so many finite numbers between commas; None where there are others."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    fits = len(values) == count and all(abs(value) <= FARTHEST for value in values)
    return values if fits else None

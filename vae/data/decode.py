"""From the bytes of an image file to the pixels of a data set."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SIZES = (28, 32, 64)
"""Sides that the images of one's own data sets may have, in pixels."""
COLOURS = {"grey": 1, "rgb": 3}
"""Colours that they may have: name -> channels."""

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485
"""A larger image is not decoded: Pillow's own limit against pictures that unpack to gigabytes."""


def decode(content: bytes, size: int, colour: str) -> NDArray[np.uint8] | None:
    """Return the square in the middle of an image, or None if it cannot be read.

    Parameters
    ----------
    content
        A file in one of :data:`FORMATS`. Of an animation the first picture is taken; what is
        transparent becomes white; a camera's note on which side is up is followed.
    size, colour
        One of :data:`SIZES` and of :data:`COLOURS`.

    Returns
    -------
    ``(C, size, size)``, uint8.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            image.verify()
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            # A JPEG is read at a fraction of its size where that is enough.
            image.draft(None, (4 * size, 4 * size))
            return _pixels(ImageOps.exif_transpose(image), size, colour)
    except Exception:
        # A damaged file makes its decoder raise whatever it stumbles over.
        return None


def _pixels(image: Image.Image, size: int, colour: str) -> NDArray[np.uint8]:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    shrinks = side >= size
    # BOX is the mean over a pixel's area; where an image grows it would only repeat pixels.
    small = (
        _eight_bits(image)
        .convert("L" if colour == "grey" else "RGB")
        .resize(
            (size, size),
            Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR,
            box=(left, top, left + side, top + side),
        )
    )
    return np.asarray(small, dtype=np.uint8).reshape(size, size, COLOURS[colour]).transpose(2, 0, 1)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image without transparency, with 8 bits a channel."""
    if image.mode[0] in "IF":
        levels = np.asarray(image).astype(np.float64)
        # 16 bits hold 256 levels for each of 8 bits.
        levels = levels / 256 if levels.max() > 255 else levels
        return Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return image

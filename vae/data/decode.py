"""From the bytes of an image file to the pixels of a data set."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SIZES = (28, 32, 64)
"""Sides that the images of one's own data sets may have, in pixels."""
COLOURS = {"grey": 1, "rgb": 3}
"""Colours that they may have: name -> channels."""

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
MAX_PIXELS = 25_000_000
"""A larger image is not decoded, unless its format can be read at a fraction of its size, as JPEG:
a kilobyte of PNG may unpack to gigabytes."""
_ROWS = 256


def decode(content: bytes, size: int, colour: str) -> NDArray[np.uint8] | None:
    """Return the square in the middle of an image, or None if it cannot be read.

    ``content`` is a file in one of :data:`FORMATS`. Of an animation the first picture is taken;
    what is transparent becomes white; a camera's note on which side is up is followed. Returns
    ``(C, size, size)``.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            image.verify()
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            # A JPEG is read at a fraction of its size where that is enough.
            whole = image.width * image.height
            image.draft(None, (4 * size, 4 * size))
            # A progressive one is held as a whole all the same.
            held = whole if image.info.get("progressive") else image.width * image.height
            if held > MAX_PIXELS:
                return None
            ImageOps.exif_transpose(image, in_place=True)
            return _pixels(image, size, colour)
    except Exception:
        # A damaged file makes its decoder raise whatever it stumbles over.
        return None


def _pixels(image: Image.Image, size: int, colour: str) -> NDArray[np.uint8]:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    shrinks = side >= size
    # BOX is the mean over a pixel's area; where an image grows it would only repeat pixels.
    small = _plain(image, "L" if colour == "grey" else "RGB").resize(
        (size, size),
        Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR,
        box=(left, top, left + side, top + side),
    )
    return np.asarray(small, dtype=np.uint8).reshape(size, size, COLOURS[colour]).transpose(2, 0, 1)


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """Return an image in a mode of 8 bits a channel without transparency."""
    if image.mode == mode and not image.has_transparency_data:
        return image
    # 16 bits hold 256 levels for each of 8 bits.
    parts = 256 if image.mode[0] in "IF" and np.max(image.getextrema()) > 255 else 1
    found = Image.new(mode, image.size)
    for top in range(0, image.height, _ROWS):  # What lies between takes little memory so.
        rows = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        if rows.mode[0] in "IF":
            levels = np.asarray(rows).astype(np.float64) / parts
            rows = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
        elif rows.has_transparency_data:
            seen = rows.convert("RGBA")
            rows = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        found.paste(rows.convert(mode), (0, top))
    return found

"""Images as PNG bytes, one pixel a pixel, and tiles of them."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def to_uint8(mean: Tensor) -> NDArray[np.uint8]:
    """Round images in [0, 1] to grey levels, the shape kept."""
    return np.asarray((mean.clamp(0, 1) * 255).round().byte().cpu().numpy(), dtype=np.uint8)


def png_bytes(image: Tensor | NDArray[np.uint8]) -> bytes:
    """Return an image ``(C, H, W)`` as PNG: a tensor in [0, 1], or grey levels as they are."""
    levels = to_uint8(image) if isinstance(image, Tensor) else image
    picture = Image.fromarray(levels[0] if levels.shape[0] == 1 else levels.transpose(1, 2, 0))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def tile(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Join images ``(rows, columns, C, H, W)`` into one ``(C, rows * H, columns * W)``."""
    rows, columns, channels, height, width = images.shape
    return images.transpose(2, 0, 3, 1, 4).reshape(channels, rows * height, columns * width)

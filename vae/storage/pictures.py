"""Images as PNG and GIF bytes, sheets of them, enlarged by whole pixels."""

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


def enlarge(images: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return images ``(..., H, W)`` with each pixel as a square of ``factor`` x ``factor``."""
    if factor == 1:
        return images
    return images.repeat(factor, axis=-2).repeat(factor, axis=-1)


def whole_factor(pixels: int, aim: int) -> int:
    """Return by how much to enlarge ``pixels`` so that they come close to ``aim``, at least 1."""
    return max(1, aim // pixels)


def sheet(
    images: NDArray[np.uint8], columns: int, *, factor: int = 1, gap: int = 0, ground: int = 128
) -> NDArray[np.uint8]:
    """Lay images ``(n, C, H, W)`` out in rows of ``columns``: one picture ``(C, height, width)``.

    Each pixel becomes a square of ``factor``; ``gap`` pixels, after that, lie between neighbours,
    with no margin around them all. They and places that stay empty have the grey level ``ground``.
    """
    count, *shape = images.shape
    rows = max(1, -(-count // columns))
    whole = np.full((rows * columns, *shape), ground, dtype=np.uint8)
    whole[:count] = images
    large = enlarge(whole.reshape(rows, columns, *shape), factor)
    if not gap:
        return tile(large)
    edge = ((0, 0), (0, 0), (0, 0), (0, gap), (0, gap))
    return tile(np.pad(large, edge, constant_values=ground))[:, :-gap, :-gap]


def gif_bytes(
    frames: NDArray[np.uint8], *, frame_ms: int = 80, factor: int = 1, there_and_back: bool = False
) -> bytes:
    """Return frames ``(n, C, H, W)`` as an animated GIF that runs for ever.

    Grey levels are kept as they are; colours become the 256 that suit each frame best. Neighbours
    that are equal become one frame that stays as long as both.

    A frame stays for ``frame_ms``, in steps of 10; ``there_and_back`` shows them backwards as well,
    so that the end does not jump to the start.
    """
    order = list(range(len(frames)))
    if there_and_back:
        order += order[-2:0:-1]
    pictures = [_palette_image(enlarge(frame, factor)) for frame in frames]
    buffer = io.BytesIO()
    first, *others = (pictures[index] for index in order)
    first.save(buffer, format="GIF", save_all=True, append_images=others, duration=frame_ms, loop=0)
    return buffer.getvalue()


def _palette_image(levels: NDArray[np.uint8]) -> Image.Image:
    if levels.shape[0] == 1:
        return Image.fromarray(levels[0])
    return Image.fromarray(levels.transpose(1, 2, 0)).quantize(256)

"""Pictures of one's own, as a folder and as a zip."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae.data.intake import add
from vae.errors import DataError

Files = dict[str, bytes]


def picture(level: int | tuple[int, ...] = 200, size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.new("L" if isinstance(level, int) else "RGB", size, level)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def images(count: int = 24, where: str = "", first: int = 0) -> Files:
    """Pictures whose grey level tells which one it is."""
    return {f"{where}{number:03d}.png": encoded(picture(first + number)) for number in range(count)}


def as_folder(files: Files, top: Path) -> Path:
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return top


def as_zip(files: Files, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return buffer


def gradient(width: int, height: int) -> np.ndarray:
    return np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8)


def refused(source: Path | io.BytesIO, match: str, root: Path, name: str = "bad") -> None:
    with pytest.raises(DataError, match=match) as caught:
        add(source, name, source_name="mine.zip")
    assert "\n" not in str(caught.value)
    assert not (root / "folders").exists() or not list((root / "folders").iterdir())

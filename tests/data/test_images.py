"""Pixels of own images: their size, their colours, and what is no image."""

import numpy as np
import pytest
from own_images import encoded, gradient, picture
from PIL import Image

from vae.data.decode import decode


def test_shrinking_is_the_mean_over_the_area():
    values = np.random.default_rng(0).integers(0, 256, (56, 56), np.uint8)
    found = decode(encoded(Image.fromarray(values)), 28, "grey")
    assert found.shape == (1, 28, 28)
    means = values.reshape(28, 2, 28, 2).mean((1, 3))
    assert np.abs(found[0] - means).max() <= 1


def test_the_square_in_the_middle_is_taken():
    for size in ((60, 28), (28, 60)):
        image = picture(0, size)
        left, top = (size[0] - 28) // 2, (size[1] - 28) // 2
        values = gradient(28, 28)
        image.paste(Image.fromarray(values), (left, top))
        found = decode(encoded(image), 28, "grey")
        np.testing.assert_array_equal(found[0], values)


def test_small_images_grow():
    found = decode(encoded(Image.fromarray(gradient(8, 8))), 28, "grey")
    assert len(np.unique(found)) > 64  # in between, not the same pixels again


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_formats(kind):
    found = decode(encoded(picture((180, 60, 20)), kind), 32, "rgb")
    assert np.abs(found[:, 16, 16].astype(int) - (180, 60, 20)).max() <= 4


def test_large_jpeg_is_as_a_small_one():
    values = np.asarray(Image.fromarray(gradient(28, 28)).resize((1400, 1400)))
    large = decode(encoded(Image.fromarray(values), "JPEG", quality=95), 28, "grey")
    small = decode(encoded(Image.fromarray(values)), 28, "grey")
    assert np.abs(large.astype(int) - small).max() <= 4


def test_sixteen_bits_transparency_palette_and_orientation():
    deep = decode(encoded(Image.fromarray(np.full((30, 30), 128 * 256, np.uint16))), 28, "grey")
    assert deep.max() == deep.min() == 128
    clear = decode(encoded(Image.new("RGBA", (30, 30), (0, 0, 0, 0))), 28, "rgb")
    assert clear.min() == 255
    palette = decode(encoded(picture((10, 200, 30)).convert("P")), 28, "rgb")
    assert palette is not None
    lying = Image.fromarray(np.repeat([[0, 255]], 28, 0).repeat(14, 1).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    upright = decode(encoded(lying, "JPEG", exif=exif), 28, "grey")
    assert upright[0, 2].mean() < 50 < 200 < upright[0, -3].mean()


def test_what_is_no_image_is_none(monkeypatch):
    whole = encoded(Image.fromarray(gradient(50, 50)))
    photo = encoded(Image.fromarray(gradient(50, 50)), "JPEG")
    cut = [whole[: len(whole) // 2], photo[: len(photo) // 2]]
    for content in (b"", b"junk", b"%!PS-Adobe", *cut):
        assert decode(content, 28, "grey") is None
    monkeypatch.setattr("vae.data.decode.MAX_PIXELS", 49 * 50)
    assert decode(whole, 28, "grey") is None


def test_a_jpeg_is_measured_by_what_is_held_of_it(monkeypatch):
    photo = Image.fromarray(gradient(1400, 1400))
    monkeypatch.setattr("vae.data.decode.MAX_PIXELS", 1_000_000)
    assert decode(encoded(photo), 28, "grey") is None
    assert decode(encoded(photo, "JPEG"), 28, "grey") is not None
    assert decode(encoded(photo, "JPEG", progressive=True), 28, "grey") is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "F", "1"])
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_rows_at_a_time_are_as_all_at_once(mode, colour, monkeypatch):
    """Also where only some of the rows are above 255."""
    levels = np.linspace(0, 60_000, 90 * 60).reshape(90, 60)
    image = Image.fromarray(levels.astype(np.float32 if mode == "F" else np.uint16))
    if mode not in ("F", "I;16"):
        image = Image.fromarray((levels / 256).astype(np.uint8)).convert(mode)
        if mode in ("RGBA", "LA"):
            image.putalpha(Image.fromarray(gradient(60, 90)))
    content = encoded(image, "TIFF" if mode == "F" else "PNG")
    whole = decode(content, 28, colour)
    monkeypatch.setattr("vae.data.decode._ROWS", 7)
    np.testing.assert_array_equal(decode(content, 28, colour), whole)
    assert whole.max() - whole.min() > 20

"""Sheets of pictures and animations: each image in its place, at a whole factor."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vae.storage.pictures import gif_bytes, sheet, whole_factor


def levels(count, channels=1, side=4):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, channels, side, side), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_is_enlarged_by_whole_pixels_with_gaps_between(channels):
    images = levels(5, channels)
    joined = sheet(images, 3, factor=2, gap=1, ground=77)
    assert joined.shape == (channels, 2 * 8 + 1, 3 * 8 + 2)
    assert np.array_equal(joined[:, 0:8:2, 9:17:2], images[1])
    assert np.array_equal(joined[:, 1:8:2, 10:17:2], images[1])
    assert (joined[:, 8] == 77).all()
    assert (joined[:, 9:, 18:] == 77).all()  # the place of a sixth image
    assert np.array_equal(sheet(images, 5), np.concatenate(list(images), axis=-1))


@pytest.mark.parametrize(("pixels", "aim", "factor"), [(28, 84, 3), (28, 80, 2), (64, 40, 1)])
def test_pictures_are_enlarged_by_whole_factors(pixels, aim, factor):
    assert whole_factor(pixels, aim) == factor


def read_gif(content):
    picture = Image.open(io.BytesIO(content))
    frames, total = [], 0
    for index in range(picture.n_frames):
        picture.seek(index)
        frames.append(np.asarray(picture.convert("RGB")))
        total += picture.info["duration"]
    return picture, frames, total


@given(count=st.integers(2, 9), factor=st.integers(1, 4))
def test_a_gif_has_each_frame_at_its_size_and_grey_levels_as_they_are(count, factor):
    images = levels(count)
    picture, frames, total = read_gif(gif_bytes(images, frame_ms=50, factor=factor))
    assert (len(frames), picture.size) == (count, (4 * factor, 4 * factor))
    assert picture.info["loop"] == 0
    assert total == 50 * count
    for frame, image in zip(frames, images, strict=True):
        assert np.array_equal(frame[::factor, ::factor, 0], image[0])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_gif_there_and_back_repeats_no_end(channels):
    images = levels(4, channels)
    _, frames, _ = read_gif(gif_bytes(images, there_and_back=True))
    assert len(frames) == 6
    assert np.array_equal(frames[1], frames[5])
    assert np.array_equal(frames[2], frames[4])
    assert np.abs(frames[3].transpose(2, 0, 1).astype(int) - images[3]).max() <= 8


def test_a_gif_of_equal_frames_lasts_as_long_as_all():
    same = levels(1).repeat(5, axis=0)
    _, _, total = read_gif(gif_bytes(same, frame_ms=50))
    assert total in (0, 250)  # a single frame may have no duration

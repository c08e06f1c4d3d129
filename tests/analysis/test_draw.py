"""Drawings as images of a data set, and what a model makes of them."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from vae.analysis import draw, draw_reading
from vae.analysis.draw import Levels
from vae.config import ModelConfig
from vae.data import DATASETS, ImageData, Placing, load, pixels, status
from vae.errors import DataError
from vae.models import build
from vae.training.metrics import EVAL_SEED, Codes

MNIST = DATASETS["mnist"]
GREY = [name for name, spec in DATASETS.items() if spec.shape[0] == 1]


def arc_raster(centre: tuple[float, float], size: float, side: int = 280) -> Levels:
    """Three quarters of a ring and a bar, anti-aliased; all lengths scale with ``size``."""
    y, x = (np.mgrid[0:side, 0:side] + 0.5 - np.array(centre)[:, None, None]) / size
    ring = 0.12 - np.abs(np.hypot(x, y) - 0.8)
    ring[(x < 0) & (y > 0)] = -1
    bar = np.minimum(0.1 - np.abs(x), 1.2 - np.abs(y - 0.2))
    # The distance to the edge in pixels gives the share of the pixel that is covered.
    cover = (np.maximum(ring, bar) * size + 0.5).clip(0, 1)
    return np.asarray((255 * cover).round(), dtype=np.uint8)


def mnist(raster: Levels) -> Levels:
    image = draw.prepare(raster, MNIST.shape, MNIST.placing)
    assert image is not None
    return image


def box(image: Levels) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(image[0].any(1)), np.flatnonzero(image[0].any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def sides(image: Levels) -> tuple[int, int]:
    rows, columns = box(image)
    return rows.stop - rows.start, columns.stop - columns.start


def centre_of_mass(image: Levels) -> tuple[float, float]:
    levels = image[0] / image.sum()
    rows, columns = np.arange(levels.shape[0]), np.arange(levels.shape[1])
    return float((levels.sum(1) * rows).sum()), float((levels.sum(0) * columns).sum())


REFERENCE = mnist(arc_raster((140, 140), 80))


@given(x=st.floats(110, 170), y=st.floats(110, 160), size=st.floats(45, 85))
def test_neither_place_nor_size_of_a_drawing_matters(x: float, y: float, size: float) -> None:
    image = mnist(arc_raster((y, x), size))
    # Rounding to whole pixels may move the drawing by one.
    likeness = max(
        np.corrcoef(np.roll(image, shift, (1, 2)).ravel(), REFERENCE.ravel())[0, 1]
        for shift in [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    )
    # Its shorter side is rounded to whole pixels, now up, now down.
    gap = max(abs(a - b) for a, b in zip(sides(image), sides(REFERENCE), strict=True))
    assert gap <= 1
    assert likeness > (0.85 if gap else 0.98)
    assert image.mean() == pytest.approx(REFERENCE.mean(), rel=0.08)


@given(x=st.integers(-40, 40), y=st.integers(-40, 20))
def test_a_shift_by_whole_pixels_changes_nothing(x: int, y: int) -> None:
    raster = arc_raster((140, 140), 60)
    moved = np.roll(raster, (y, x), (0, 1))
    np.testing.assert_array_equal(mnist(moved), mnist(raster))


@given(x=st.floats(110, 170), y=st.floats(110, 160), size=st.floats(10, 85))
def test_mnist_has_its_longer_side_and_its_centre(x: float, y: float, size: float) -> None:
    image = mnist(arc_raster((y, x), size))
    assert max(sides(image)) == 20
    assert np.abs(np.array(centre_of_mass(image)) - 14).max() < 1


@pytest.mark.parametrize("name", GREY)
def test_every_data_set_has_its_box_and_its_middle(name: str) -> None:
    spec = DATASETS[name]
    image = draw.prepare(arc_raster((120, 150), 70), spec.shape, spec.placing)
    assert image is not None
    assert image.shape == spec.shape
    assert image.dtype == np.uint8
    assert max(sides(image)) == spec.placing.box
    if spec.placing.centre == "box":
        for side, part in zip(spec.shape[1:], box(image), strict=True):
            assert abs((part.start + part.stop - side) / 2) <= 0.5


def test_blank_is_none() -> None:
    assert draw.prepare(np.zeros((140, 140), np.uint8), MNIST.shape, MNIST.placing) is None


@pytest.mark.parametrize("place", [(0, 0), (70, 70), (139, 0), (139, 139)])
def test_a_single_pixel_becomes_a_square(place: tuple[int, int]) -> None:
    raster = np.zeros((140, 140), np.uint8)
    raster[place] = 255
    image = mnist(raster)
    assert sides(image) == (20, 20)
    assert image.max() == 255


@pytest.mark.parametrize("shape", [(1, 140), (140, 1), (2, 139), (139, 2)])
def test_a_thin_line_stays_a_line(shape: tuple[int, int]) -> None:
    raster = np.zeros((140, 140), np.uint8)
    raster[: shape[0], : shape[1]] = 255
    high, wide = sides(mnist(raster))
    assert (max(high, wide), min(high, wide)) == (20, 1)
    assert (high > wide) == (shape[0] > shape[1])


def test_a_drawing_of_the_whole_pad_is_all_ink() -> None:
    image = mnist(np.full((140, 140), 255, np.uint8))
    assert sides(image) == (20, 20)
    assert int(image.sum()) == 255 * 400


def test_averaging_keeps_the_mean_whatever_the_sizes() -> None:
    rng = np.random.default_rng(0)
    for size, new in [(97, 20), (20, 20), (7, 20), (1, 3), (140, 1)]:
        values = rng.uniform(0, 255, size)
        assert (draw._averaging(size, new) @ values).mean() == pytest.approx(values.mean())
        np.testing.assert_allclose(draw._averaging(size, new).sum(1), 1)
    np.testing.assert_allclose(draw._averaging(6, 3) @ np.arange(6.0), [0.5, 2.5, 4.5])


def test_mass_far_from_the_middle_stays_inside() -> None:
    raster = np.zeros((140, 140), np.uint8)
    raster[60:80, 20:120] = 70
    raster[60:80, 115:120] = 255
    tall = np.zeros((140, 140), np.uint8)
    tall[:, :4] = 255
    for image in (mnist(raster), mnist(tall)):
        assert max(sides(image)) == 20


def likeness(images: np.ndarray, placing: Placing) -> np.ndarray:
    """Correlation of images with what comes of them, enlarged five times, as drawings."""
    found = []
    for image in images:
        large = image[0].repeat(5, 0).repeat(5, 1)
        again = draw.prepare(large, image.shape, placing)
        assert again is not None
        found.append(np.corrcoef(image.ravel(), again.ravel())[0, 1])
    return np.array(found)


@pytest.mark.real_data
def test_a_real_digit_comes_back_as_itself(mnist_dir: Path) -> None:
    found = likeness(load("mnist").test.images[:200].numpy(), MNIST.placing)
    assert found.min() > 0.9
    assert np.mean(found > 0.999) > 0.99


def test_a_real_small_digit_comes_back_as_itself() -> None:
    found = likeness(load("digits").test.images[:200].numpy(), DATASETS["digits"].placing)
    # The others come back as themselves too, but moved by a pixel.
    assert np.mean(found > 0.999) > 0.85


@pytest.mark.real_data
def test_real_clothes_come_back_as_themselves() -> None:
    if not status("fashion-mnist").ready:
        pytest.skip(status("fashion-mnist").message)
    spec = DATASETS["fashion-mnist"]
    found = likeness(load(spec.name).test.images[:200].numpy(), spec.placing)
    assert np.mean(found > 0.999) > 0.95


@pytest.mark.parametrize("name", GREY)
def test_the_pen_gives_lines_of_the_datas_width(name: str) -> None:
    spec = DATASETS[name]
    pen = draw.pen_width(spec.shape, spec.placing)
    assert 0.03 <= pen <= 0.3  # the bounds of the slider
    # A bar of typical height, as wide as the pen.
    high, wide = round(140 * draw.TYPICAL_FILL), round(140 * pen)
    raster = np.zeros((140, 140), np.uint8)
    raster[10 : 10 + high, 50 : 50 + wide] = 255
    image = draw.prepare(raster, spec.shape, spec.placing)
    assert image is not None
    assert image[0, spec.shape[1] // 2].sum() / 255 == pytest.approx(spec.placing.stroke, abs=0.6)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "é", "A" * 10])
def test_a_raster_that_is_none_is_a_sentence(text: str) -> None:
    with pytest.raises(DataError, match="did not arrive whole"):
        draw.read_raster(text)


def test_a_raster_arrives_row_by_row() -> None:
    raster = np.arange(draw.RASTER_SIDE**2, dtype=np.uint64).astype(np.uint8)
    text = base64.b64encode(raster.tobytes()).decode()
    found = draw.read_raster(text)
    assert found.shape == (draw.RASTER_SIDE, draw.RASTER_SIDE)
    np.testing.assert_array_equal(found.ravel(), raster)


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        {},
        {"id": 1, "strokes": [], "raster": ""},
        {"id": "a", "strokes": [["x"]], "raster": ""},
        {"id": "a", "strokes": 3, "raster": ""},
        {"id": "a", "strokes": [[float("inf")]], "raster": ""},
        {"id": "a", "strokes": [[0] * (3 * draw.MOST_POINTS + 1)], "raster": ""},
        {"id": "a", "strokes": [], "raster": "A" * 100_000},
        {"id": "a" * 65, "strokes": [], "raster": ""},
    ],
)
def test_what_is_no_drawing_is_none(value: object) -> None:
    assert draw.parse_drawing(value) is None


def test_a_drawing_is_read() -> None:
    found = draw.parse_drawing({"id": "a-1", "strokes": [[80.0, 1, 2]], "raster": "AA"})
    assert found == draw.Drawing("a-1", [[80, 1, 2]], "AA")


def small_model(d: int = 2, arch: str = "mlp") -> torch.nn.Module:
    torch.manual_seed(0)
    hidden = (8,) if arch == "mlp" else (4, 8)
    return build(
        ModelConfig(arch=arch, hidden=hidden, latent_dim=d, image_shape=(1, 6, 6), beta=4.0)
    ).eval()


@pytest.mark.parametrize(("d", "arch"), [(1, "mlp"), (2, "mlp"), (3, "conv")])
def test_elbo_agrees_with_torch_distributions(
    d: int, arch: str, make_data: Callable[..., ImageData]
) -> None:
    model = small_model(d, arch)
    images = make_data((1, 6, 6)).test.images[:1]
    found = draw_reading.evidence(model, images)
    x = pixels(images)
    with torch.no_grad():
        mu, logvar = model.encode(x)
        posterior = Normal(mu, (0.5 * logvar).exp())
        eps = torch.randn(
            (draw_reading.SAMPLES, *mu.shape), generator=torch.Generator().manual_seed(EVAL_SEED)
        )
        z = posterior.mean + posterior.stddev * eps
        likelihood = Independent(Bernoulli(logits=model.decode(z), validate_args=False), 3)
        expected = likelihood.log_prob(x).mean(0) - kl_divergence(
            posterior, Normal(torch.zeros(d), torch.ones(d))
        ).sum(-1)
    torch.testing.assert_close(found.elbo, expected)


def test_the_same_images_have_the_same_elbo(make_data: Callable[..., ImageData]) -> None:
    model, images = small_model(), make_data((1, 6, 6)).test.images
    torch.testing.assert_close(
        draw_reading.evidence(model, images).elbo,
        draw_reading.evidence(model, images).elbo,
        rtol=0,
        atol=0,
    )
    torch.manual_seed(99)  # nor does the global generator matter
    assert (
        draw_reading.evidence(model, images[:1]).elbo
        == draw_reading.evidence(model, images[:1]).elbo
    )


def test_reference_takes_even_steps_and_is_sorted(
    make_data: Callable[..., ImageData], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, data = small_model(), make_data((1, 6, 6))
    every = draw_reading.reference_scores(model, data)
    assert len(every) == len(data.test)
    assert (np.diff(every) >= 0).all()
    monkeypatch.setattr(draw_reading, "REFERENCE_IMAGES", 10)
    some = draw_reading.reference_scores(model, data)
    expected = draw_reading.evidence(model, data.test.images[::3]).elbo.sort().values
    np.testing.assert_allclose(some, expected.numpy())


def test_images_of_another_shape_are_refused(make_data: Callable[..., ImageData]) -> None:
    with pytest.raises(DataError, match="do not belong together"):
        draw_reading.reference_scores(small_model(), make_data((1, 8, 8)))


def test_share_worse_and_its_words() -> None:
    reference = np.arange(1000, dtype=np.float32)
    assert draw_reading.share_worse(reference, -1) == 0
    assert draw_reading.share_worse(reference, 250) == 0.25
    assert draw_reading.share_worse(reference, 2000) == 1
    assert "none of 1,000" in draw_reading.say_typical(0.0, 1000)
    assert "only 9 of 1,000" in draw_reading.say_typical(0.009, 1000)
    assert "Unlike" not in draw_reading.say_typical(0.01, 1000)
    assert "As typical as 42 %" in draw_reading.say_typical(0.429, 1000)
    assert "little ink" not in draw_reading.say_typical(0.5, 1000)
    assert "little ink" in draw_reading.say_typical(0.99, 1000)


def test_of_a_loss_less_is_better() -> None:
    reference = np.arange(1000, dtype=np.float32)
    assert draw_reading.share_worse(reference, -1, is_loss=True) == 1
    assert draw_reading.share_worse(reference, 250, is_loss=True) == pytest.approx(0.749)
    assert draw_reading.share_worse(reference, 999, is_loss=True) == 0
    assert "none of 1,000 test images have a greater reconstruction loss" in (
        draw_reading.say_typical(0.0, 1000, is_loss=True)
    )
    assert "Redrawn as well as 42 %" in draw_reading.say_typical(0.429, 1000, is_loss=True)


@pytest.mark.parametrize(("n", "d"), [(200, 2), (50, 20), (3, 1)])
def test_nearest_codes_by_brute_force(n: int, d: int) -> None:
    generator = torch.Generator().manual_seed(n)
    codes, mu = torch.randn(n, d, generator=generator), torch.randn(d, generator=generator)
    indices, distances = draw_reading.nearest_codes(codes, mu)
    all_of_them = sorted(
        (float(np.linalg.norm(code - mu.numpy())), i) for i, code in enumerate(codes.numpy())
    )
    assert indices.tolist() == [i for _, i in all_of_them[: min(5, n)]]
    np.testing.assert_allclose(
        distances.numpy(), [distance for distance, _ in all_of_them[:5]], rtol=1e-5
    )


def picture(text: str, shape: tuple[int, ...]) -> Levels:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)


def test_reading_with_and_without_the_data(make_data: Callable[..., ImageData]) -> None:
    model, data = small_model(), make_data((1, 6, 6))
    image = data.test.images[7].numpy()
    with torch.no_grad():
        mu, logvar = model.encode(pixels(data.test.images))
    codes = Codes(mu, logvar)
    bare = draw_reading.read_drawing(model, image, codes, data.test.labels, data.class_names)
    assert bare["typical"] is None
    assert bare["nearest"][0]["index"] == 7
    assert bare["nearest"][0]["distance"] == pytest.approx(0, abs=1e-5)
    assert not bare["nearest"][0]["original"]
    np.testing.assert_array_equal(picture(bare["image"], image.shape), image)
    # The decode of the nearest code, which is its own, is its reconstruction.
    assert bare["nearest"][0]["picture"] == bare["recon"]
    assert bare["mu"] == pytest.approx(mu[7].tolist(), abs=1e-6)
    assert bare["elbo"] == pytest.approx(-bare["recon_loss"] - bare["kl"], abs=1e-3)

    reference = draw_reading.reference_scores(model, data)
    whole = draw_reading.read_drawing(
        model, image, codes, data.test.labels, data.class_names, data=data, reference=reference
    )
    assert whole["nearest"][0]["original"]
    np.testing.assert_array_equal(picture(whole["nearest"][0]["picture"], image.shape), image)
    assert whole["nearest"][0]["name"] == data.class_names[int(data.test.labels[7])]
    assert whole["typical"] is not None
    assert sum(whole["typical"]["histogram"]["counts"]) == len(data.test)
    assert whole["typical"]["share"] == draw_reading.share_worse(reference, whole["elbo"])


def test_class_names_that_are_not_known() -> None:
    assert draw_reading._class_name(-1, ("a",)) == "no label"
    assert draw_reading._class_name(0, ("a",)) == "a"
    assert draw_reading._class_name(3, ("a",)) == "3"

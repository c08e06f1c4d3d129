"""Losses image by image, reconstructions, and which images are chosen."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae.analysis import reconstructions
from vae.analysis.reconstructions import Measurement, by_class, choose, from_codes, per_image_terms
from vae.config import ModelConfig
from vae.data import pixels
from vae.figures import reconstructions as figures
from vae.figures.palette import CLASS_COLOURS
from vae.models import build
from vae.models.losses import bernoulli_nll, binarise

CASES = [
    ModelConfig(arch="mlp", hidden=(16,), latent_dim=2, image_shape=(1, 8, 8)),
    ModelConfig(arch="conv", hidden=(4, 8), latent_dim=5, image_shape=(1, 12, 12)),
    ModelConfig(arch="conv", hidden=(4,), latent_dim=1, image_shape=(3, 8, 8)),
]


def make(config, count=23):
    torch.manual_seed(0)
    model = build(config).eval()
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (count, *config.image_shape), generator=generator)
    return model, images.to(torch.uint8)


@pytest.fixture(params=CASES, ids=["mlp", "conv", "rgb"])
def case(request):
    return make(request.param)


def test_terms_are_those_of_the_distributions(case, monkeypatch):
    model, images = case
    monkeypatch.setattr(reconstructions, "EVAL_BATCH", 10)
    terms = per_image_terms(model, images, binarise)
    x = binarise(pixels(images))
    with torch.no_grad():
        mu, logvar = model.encode(x)
        log_p = Bernoulli(logits=model.decode(mu)).log_prob(x).flatten(1).sum(1)
        unit = Normal(torch.zeros(()), torch.ones(()))
        kl = kl_divergence(Normal(mu, (logvar / 2).exp()), unit).sum(1)
    np.testing.assert_allclose(terms.recon_loss, -log_p, rtol=1e-5)
    np.testing.assert_allclose(terms.kl, kl, rtol=1e-4, atol=1e-5)


def test_grey_pixels_give_the_binary_cross_entropy(case):
    model, images = case
    x = pixels(images).double()
    with torch.no_grad():
        mean = model.generate(model.encode(x.float())[0]).double()
    entropy = -(x * mean.log() + (1 - x) * (1 - mean).log()).flatten(1).sum(1)
    np.testing.assert_allclose(per_image_terms(model, images).recon_loss, entropy, rtol=1e-5)


def test_reconstruction_at_mu(case):
    model, images = case
    found = reconstructions.reconstruct(model, images, seed=3)
    x = pixels(images)
    with torch.no_grad():
        mean = model.generate(model.encode(x)[0])
    terms = per_image_terms(model, images)
    torch.testing.assert_close(found.mean, mean)
    torch.testing.assert_close(found.error, (x - mean).abs())
    np.testing.assert_allclose(found.recon_loss, terms.recon_loss, rtol=1e-5)
    np.testing.assert_allclose(found.kl, terms.kl, rtol=1e-5)
    assert set(found.sample.unique().tolist()) <= {0.0, 1.0}
    again = reconstructions.reconstruct(model, images, seed=3)
    torch.testing.assert_close(found.sample, again.sample)
    assert not torch.equal(found.sample, reconstructions.reconstruct(model, images, seed=4).sample)


def test_samples_are_coins_with_the_mean_as_their_chance():
    model, images = make(CASES[0])
    found = reconstructions.reconstruct(model, images[:1].repeat(2000, 1, 1, 1))
    share, chance = found.sample.mean(0), found.mean[0]
    # Five standard errors for each of 64 pixels.
    assert bool(((share - chance).abs() < 5 * (chance * (1 - chance) / 2000).sqrt()).all())


@pytest.mark.parametrize("batch", [1000, 46])
def test_average_over_samples_is_that_of_a_loop(case, batch, monkeypatch):
    model, images = case
    monkeypatch.setattr(reconstructions, "EVAL_BATCH", batch)
    found = reconstructions.reconstruct(model, images, samples=7, seed=5)
    x = pixels(images)
    with torch.no_grad():
        mu, logvar = model.encode(x)
        noise = torch.randn(7, *mu.shape, generator=torch.Generator().manual_seed(5))
        means, losses = [], []
        for eps in noise:
            logits = model.decode(mu + (logvar / 2).exp() * eps)
            means.append(torch.sigmoid(logits))
            losses.append(bernoulli_nll(logits, x))
    mean = torch.stack(means).mean(0)
    torch.testing.assert_close(found.mean, mean)
    torch.testing.assert_close(found.recon_loss, torch.stack(losses).mean(0))
    torch.testing.assert_close(found.error, (x - mean).abs())
    of_the_mean = bernoulli_nll(torch.logit(mean), x)
    assert bool((found.recon_loss >= of_the_mean - 1e-3).all())  # Jensen


def test_codes_alone_give_what_needs_no_original():
    model, images = make(CASES[1])
    whole = reconstructions.reconstruct(model, images)
    with torch.no_grad():
        mu, logvar = model.encode(pixels(images))
    found = from_codes(model, mu, logvar)
    torch.testing.assert_close(found.mean, whole.mean)
    torch.testing.assert_close(found.kl, whole.kl)
    assert found.error is None
    assert found.recon_loss is None


def test_a_model_without_a_posterior_has_no_kl(monkeypatch):
    model, images = make(CASES[0])

    encode = model.encode

    def point(x, labels=None):
        return encode(x)[0], None

    at_mu = reconstructions.reconstruct(model, images)
    monkeypatch.setattr(model, "encode", point)
    found = reconstructions.reconstruct(model, images, samples=5)
    assert found.kl is None
    torch.testing.assert_close(found.mean, at_mu.mean)
    assert per_image_terms(model, images).kl is None
    assert Measurement(model).terms(images).kl is None


def count_batches(monkeypatch):
    sizes: list[int] = []
    measure = reconstructions._batch_terms

    def counted(model, images, *rest):
        sizes.append(len(images))
        return measure(model, images, *rest)

    monkeypatch.setattr(reconstructions, "_batch_terms", counted)
    monkeypatch.setattr(reconstructions, "EVAL_BATCH", 5)
    return sizes


def test_each_image_is_measured_once(monkeypatch):
    model, images = make(CASES[0])
    expected = per_image_terms(model, images)
    sizes = count_batches(monkeypatch)
    measurement = Measurement(model)
    seen: list[tuple[int, int]] = []
    part = measurement.terms(images, 7, lambda done, total: seen.append((done, total)))
    np.testing.assert_allclose(part.recon_loss, expected.recon_loss[:7], rtol=1e-5)
    assert seen == [(5, 7), (7, 7)]
    whole = measurement.terms(images)
    np.testing.assert_allclose(whole.recon_loss, expected.recon_loss, rtol=1e-5)
    np.testing.assert_allclose(whole.kl, expected.kl, rtol=1e-5)
    assert len(measurement.terms(images, 99).recon_loss) == 23
    assert sum(sizes) == 23


def test_who_gives_up_leaves_what_was_measured(monkeypatch):
    model, images = make(CASES[0])
    sizes = count_batches(monkeypatch)
    measurement = Measurement(model)

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        measurement.terms(images, None, stop)
    assert sizes == [5]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: measurement.terms(images).recon_loss, range(8)))
    assert sum(sizes) == 23
    expected = per_image_terms(model, images).recon_loss
    for losses in found:
        np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_no_images_have_no_terms():
    model, images = make(CASES[0])
    assert per_image_terms(model, images[:0]).recon_loss.shape == (0,)
    assert Measurement(model).terms(images[:0]).recon_loss.shape == (0,)
    assert by_class(np.empty(0, dtype=int), np.empty(0)).label.shape == (0,)


LABELS = st.lists(st.integers(0, 3), max_size=40).map(lambda values: np.array(values, dtype=int))


@given(LABELS, st.sampled_from([None, 0, 1, 2, 3]), st.integers(1, 20), st.integers(0, 99))
def test_drawn_images_are_of_the_class_and_the_same_for_a_seed(labels, label, count, seed):
    found = choose(labels, label=label, count=count, seed=seed)
    there = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    assert set(found) <= set(there)
    assert len(set(found)) == len(found) == min(count, len(there))
    np.testing.assert_array_equal(found, choose(labels, label=label, count=count, seed=seed))


@given(LABELS, st.data(), st.sampled_from([None, 1]), st.sampled_from(["worst", "best"]))
def test_ordered_images_are_the_extremes_of_what_was_measured(labels, data, label, order):
    measured = data.draw(st.integers(0, len(labels)))
    floats = st.floats(0, 1e6, width=32)
    losses = np.array(data.draw(st.lists(floats, min_size=measured, max_size=measured)))
    found = choose(labels, losses, label=label, order=order, count=5)
    there = [i for i in range(measured) if label is None or labels[i] == label]
    assert set(found) <= set(there)
    assert len(set(found)) == len(found) == min(5, len(there))
    sign = -1 if order == "worst" else 1
    chosen = sign * losses[found]
    assert bool((np.diff(chosen) >= 0).all())
    left = [sign * losses[i] for i in there if i not in found]
    assert not left or chosen[-1] <= min(left)


def test_choose_at_the_edges():
    labels = np.array([0, 0, 0, 1])
    losses = np.array([2.0, np.nan, 2.0, 9.0])
    assert choose(labels, losses, label=0, order="worst").tolist() == [1, 0, 2]
    assert choose(labels, losses, label=0, order="best").tolist() == [0, 2, 1]
    assert choose(labels, label=7).tolist() == []
    with pytest.raises(ValueError, match="needs the losses"):
        choose(labels, order="worst")
    drawn = {tuple(choose(np.zeros(50), seed=seed)) for seed in range(5)}
    assert len(drawn) == 5


def test_losses_by_class():
    found = by_class(np.array([4, 0, 4, 0, 1]), np.array([1.0, 5.0, 3.0, 5.0]))
    assert found.label.tolist() == [0, 4]
    assert found.mean.tolist() == [5.0, 2.0]
    assert found.spread.tolist() == [0.0, 1.0]
    assert found.size.tolist() == [2, 2]


def test_error_colours_grow_lighter_from_black_to_pale():
    error = np.linspace(0, 1, 11).reshape(1, 1, 1, 11)
    colours = figures.error_colours(error)
    assert colours.shape == (1, 3, 1, 11)
    lightness = np.tensordot([0.2126, 0.7152, 0.0722], colours[0, :, 0].astype(float), axes=1)
    assert bool((np.diff(lightness) > 0).all())
    assert lightness[0] < 5
    assert lightness[-1] > 230
    channels = np.stack([np.zeros((2, 2)), np.ones((2, 2)), np.full((2, 2), 0.5)])
    np.testing.assert_array_equal(
        figures.error_colours(channels), figures.error_colours(np.full((1, 2, 2), 0.5))
    )


@pytest.mark.parametrize("names", [(), ("zero", "one", "two")])
def test_class_bars_are_in_the_classes_colours(names):
    figure = figures.class_bars(
        *(np.array([0, 2]), np.array([3.0, 4.0]), np.array([0.5, 1.0]), np.array([7, 8])), names
    )
    (bars,) = figure.data
    assert list(bars.x) == (["zero", "two"] if names else ["0", "2"])
    np.testing.assert_allclose(bars.y, [3.0, 4.0])
    np.testing.assert_allclose(bars.error_y.array, [0.5, 1.0])
    assert list(bars.marker.color) == [CLASS_COLOURS["light"][i] for i in (0, 2)]
    assert bars.customdata[:, 0].tolist() == [7, 8]


def test_kl_is_the_one_that_training_reports(make_data):
    """The terms of a split agree with those that training reports on it."""
    from vae.data import Split
    from vae.training.metrics import split_terms

    model, _ = make(ModelConfig(hidden=(8,), latent_dim=2, image_shape=(1, 6, 6)))
    images = make_data((1, 6, 6)).test.images
    terms = per_image_terms(model, images)
    split = Split(images, torch.zeros(len(images), dtype=torch.int64))
    assert float(terms.kl.mean()) == pytest.approx(split_terms(model, split)[0].kl, rel=1e-5)

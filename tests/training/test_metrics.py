"""Every measure against an answer that is known beforehand."""

import math

import pytest
import torch
from torch import nn

from vae.config import ModelConfig
from vae.data import ImageData, Split, pixels
from vae.errors import DataError
from vae.models import build
from vae.models.losses import bernoulli_nll, gaussian_kl
from vae.models.vae import VAE
from vae.training import metrics
from vae.training.metrics import (
    EVAL_SEED,
    Codes,
    active_dims,
    encode_all,
    evaluate,
    kl_per_dim,
    knn_accuracy,
    split_terms,
)

SHAPE = (1, 4, 4)


class Known(VAE):
    """mu = the first two pixels, logvar = a constant, every pixel's mean = 1/2."""

    def __init__(self, logvar: float = 0.0, beta: float = 1.0) -> None:
        super().__init__(ModelConfig(latent_dim=2, hidden=(1,), image_shape=SHAPE, beta=beta))
        self.logvar = nn.Parameter(torch.tensor(logvar))

    def encode(self, x, labels=None):
        mu = x.flatten(1)[:, :2]
        return mu, self.logvar.expand_as(mu)

    def decode(self, z, labels=None):
        return torch.zeros(*z.shape[:-1], *SHAPE)


@pytest.fixture
def images():
    """Pixels 0 or 255: half of the first pixels are white, all the second ones black."""
    found = torch.zeros(8, *SHAPE, dtype=torch.uint8)
    found[:4, 0, 0, 0] = 255
    return Split(found, torch.zeros(8, dtype=torch.int64))


def test_terms_of_a_known_model(images):
    logvar = 0.5
    terms, mse, codes = split_terms(Known(logvar, beta=3), images, 8)
    kl = 0.5 * 0.5 + 2 * 0.5 * (math.exp(logvar) - 1 - logvar)
    assert terms.recon_loss == pytest.approx(16 * math.log(2), rel=1e-6)
    assert terms.kl == pytest.approx(kl, rel=1e-6)
    assert terms.loss == pytest.approx(16 * math.log(2) + 3 * kl, rel=1e-6)
    assert mse == pytest.approx(0.25)
    assert codes.mu[:, 0].tolist() == [1] * 4 + [0] * 4


def test_terms_weigh_a_smaller_last_batch_by_its_images(images, monkeypatch):
    whole = split_terms(Known(0.5), images, 8)
    monkeypatch.setattr(metrics, "EVAL_BATCH", 3)
    parts = split_terms(Known(0.5), images, 8)
    assert parts[0] == pytest.approx(whole[0])
    assert parts[1] == pytest.approx(whole[1])
    assert torch.equal(parts[2].mu, whole[2].mu)


@pytest.mark.parametrize("keep", [0, 2, 3, 5, 8, 99])
def test_as_many_codes_are_kept_as_asked(images, monkeypatch, keep):
    monkeypatch.setattr(metrics, "EVAL_BATCH", 3)
    model = Known()
    codes = split_terms(model, images, keep)[2]
    assert codes.mu.shape == codes.logvar.shape == (min(keep, 8), 2)
    assert torch.equal(codes.mu, encode_all(model, images).mu[:keep])


def test_terms_use_one_sample_with_the_fixed_noise():
    torch.manual_seed(0)
    model = build(ModelConfig(latent_dim=3, hidden=(9,), image_shape=SHAPE))
    images = torch.randint(0, 256, (50, *SHAPE), dtype=torch.uint8)
    split = Split(images, torch.zeros(50, dtype=torch.int64))
    terms, mse, _ = split_terms(model, split)
    x = pixels(images)
    with torch.no_grad():
        mu, logvar = model.encode(x)
        eps = torch.randn(1, 50, 3, generator=torch.Generator().manual_seed(EVAL_SEED))[0]
        logits = model.decode(mu + (0.5 * logvar).exp() * eps)
    assert terms.recon_loss == pytest.approx(bernoulli_nll(logits, x).mean().item(), rel=1e-5)
    assert terms.kl == pytest.approx(gaussian_kl(mu, logvar).mean().item(), rel=1e-5)
    assert mse == pytest.approx((torch.sigmoid(logits) - x).square().mean().item(), rel=1e-5)


def test_kl_of_each_dimension_is_its_mean_over_images():
    mu = torch.tensor([[0.0, 2.0], [0.0, 4.0]])
    torch.testing.assert_close(
        kl_per_dim(Codes(mu, torch.zeros(2, 2))), torch.tensor([0.0, (2 + 8) / 2])
    )


def test_a_dimension_is_active_where_its_means_vary_enough():
    spread = torch.tensor([-1.0, 1.0]).repeat(50)
    # Variances: 1, 0.0144, 0.0064, 0; a constant far from zero does not vary.
    mu = torch.stack([spread, 0.12 * spread, 0.08 * spread, torch.full((100,), 9.0)], 1)
    assert active_dims(mu).tolist() == [True, True, False, False]
    assert active_dims(mu[:1]).tolist() == [False] * 4


def test_neighbours_of_separate_clusters_vote_right():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(90) % 3
    centres = torch.tensor([[0.0, 0], [10, 0], [0, 10]])
    train = centres[labels] + torch.randn(90, 2, generator=generator)
    test = centres[labels] + torch.randn(90, 2, generator=generator)
    assert knn_accuracy(train, labels, test, labels) == 1
    assert knn_accuracy(train, labels, test, (labels + 1) % 3) == 0


def test_neighbours_counted_by_hand():
    train = torch.tensor([[0.0], [1.0], [2.0], [10.0], [11.0]])
    labels = torch.tensor([0, 0, 1, 1, 1])
    test = torch.tensor([[0.4], [9.0], [1.9], [5.0]])
    # Three nearest: {0,1,2} -> 0; {10,11,2} -> 1; {2,1,0} -> 0; {2,1,0} at 3, 4, 5 = {10} at 5.
    assert knn_accuracy(train, labels, test[:3], torch.tensor([0, 1, 1]), k=3) == (
        pytest.approx(2 / 3)
    )
    assert knn_accuracy(train, labels, test[:3], torch.tensor([0, 1, 1]), k=1) == 1


def test_fewer_training_codes_than_neighbours_vote_all():
    train, labels = torch.tensor([[0.0], [1.0], [9.0]]), torch.tensor([2, 2, 0])
    assert knn_accuracy(train, labels, torch.tensor([[9.0]]), torch.tensor([2])) == 1


@pytest.fixture
def data(make_data):
    return make_data(SHAPE)


def test_evaluate_has_every_figure_for_grey_and_binary(images, data):
    labels = torch.arange(8) // 4  # what the first pixel says
    split = Split(images.images, labels)
    figures = evaluate(Known(), ImageData("known", SHAPE, ("a", "b"), split, split))
    names = {"elbo", "recon_loss", "kl", "mse", "active_units", "knn_accuracy"}
    assert set(figures) == names | {"binary", "not_applicable"}
    assert figures["not_applicable"] == {}
    assert set(figures["binary"]) == names
    assert figures["elbo"] == pytest.approx(-16 * math.log(2) - 0.25)
    assert figures["elbo"] == pytest.approx(-figures["recon_loss"] - figures["kl"])
    assert figures["active_units"] == 1
    assert isinstance(figures["active_units"], int)
    # Pixels are 0 or 1 already: nothing changes.
    assert figures["binary"] == {name: figures[name] for name in names}


def test_elbo_leaves_beta_out(images):
    split = images
    data = ImageData("known", SHAPE, ("a",), split, split)
    assert evaluate(Known(1.0, beta=9), data) == evaluate(Known(1.0, beta=1), data)


def test_evaluate_measures_binary_pixels_where_asked(data):
    torch.manual_seed(0)
    model = build(ModelConfig(latent_dim=2, hidden=(9,), image_shape=SHAPE))
    figures = evaluate(model, data)

    def threshold(split):
        return Split((split.images > 127).to(torch.uint8) * 255, split.labels)

    sharp = ImageData("sharp", SHAPE, data.class_names, threshold(data.train), threshold(data.test))
    assert figures["binary"] == pytest.approx(
        {k: v for k, v in evaluate(model, sharp).items() if k not in ("binary", "not_applicable")}
    )
    assert figures["binary"]["recon_loss"] != pytest.approx(figures["recon_loss"])


def test_evaluate_twice_gives_the_same_whatever_the_global_seed(data):
    model = build(ModelConfig(latent_dim=2, hidden=(9,), image_shape=SHAPE)).train()
    torch.manual_seed(1)
    first = evaluate(model, data)
    torch.manual_seed(2)
    assert evaluate(model, data) == first
    assert not model.training


def test_images_of_another_shape_are_refused(data):
    model = build(ModelConfig(latent_dim=2, hidden=(9,), image_shape=(1, 5, 4)))
    with pytest.raises(DataError, match="1 x 4 x 4, but the model is for 1 x 5 x 4"):
        evaluate(model, data)

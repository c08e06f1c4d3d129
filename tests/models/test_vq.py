"""The VQ-VAE: its quantiser, its codebook, its terms and its prior."""

import itertools
import math

import numpy as np
import pytest
import torch
from small_models import SHAPE
from torch.distributions import Bernoulli, Categorical, Normal

from vae.data import load
from vae.models import build, configure
from vae.models.vq import DEAD_SHARE, DECAY, VQVAE, straight_through
from vae.training.metrics import evaluate

pytestmark = pytest.mark.usefixtures("one_thread")


def model_of(**given) -> VQVAE:
    torch.manual_seed(3)
    sizes = {
        "arch": "conv",
        "hidden": (6, 10),
        "latent_dim": 3,
        "codebook": 7,
        "image_shape": SHAPE,
    }
    model = build(configure("vq-vae", **{**sizes, **given}))
    return model


@pytest.fixture
def model(x):
    """A model that has seen a batch, so that its codebook is no longer empty."""
    model = model_of()
    model.train()
    with torch.no_grad():
        model.loss(x, generator=torch.Generator().manual_seed(4))
    return model


def touched(part: torch.Tensor, model: VQVAE) -> set[str]:
    """Return which parts of the model get a gradient that is not zero from a term."""
    names, weights = zip(*model.named_parameters(), strict=True)
    grads = torch.autograd.grad(part.mean(), weights, allow_unused=True)
    return {
        name.split(".")[0]
        for name, grad in zip(names, grads, strict=True)
        if grad is not None and grad.abs().sum() > 0
    }


# --- shapes


@pytest.mark.parametrize(
    ("arch", "hidden", "shape", "grid"),
    [
        ("conv", (4, 6), (1, 28, 28), (7, 7)),
        ("conv", (4,), (1, 28, 28), (14, 14)),
        ("conv", (4, 6), (1, 8, 8), (2, 2)),
        ("conv", (4, 6, 8), (3, 64, 64), (8, 8)),
        ("conv", (4, 6), (1, 9, 11), (2, 2)),
        ("mlp", (12,), (1, 28, 28), (4, 4)),
        ("mlp", (12,), (3, 5, 6), (4, 4)),
    ],
)
def test_any_image_becomes_a_grid_of_codes_and_an_image_again(arch, hidden, shape, grid):
    model = model_of(arch=arch, hidden=hidden, image_shape=shape)
    x = torch.rand(4, *shape)
    output = model(x)
    assert model.grid_shape == grid
    assert output.logits.shape == (1, 4, *shape)
    assert output.mu.shape == (4, 3)
    assert output.logvar is None
    assert all(part.shape == (4,) for part in output.terms)
    indices = model.indices(x)
    assert indices.shape == (4, *grid)
    assert indices.dtype == torch.int64
    assert model.decode_indices(indices[None]).shape == (1, 4, *shape)
    assert model.decode(torch.randn(2, 5, 3)).shape == (2, 5, *shape)
    assert model.decode(torch.randn(3)).shape == shape
    drawn = model.sample(3, torch.Generator().manual_seed(0))
    assert drawn.shape == (3, *shape)
    assert ((drawn >= 0) & (drawn <= 1)).all()


def test_code_of_an_image_is_the_mean_of_its_grid(model, x):
    mu, logvar = model.eval().encode(x)
    assert logvar is None
    torch.testing.assert_close(mu, model.codebook[model.indices(x)].flatten(1, 2).mean(1))
    torch.testing.assert_close(model(x).mu, mu)


def test_one_vector_decodes_as_a_grid_filled_with_it(model):
    indices = torch.full((1, 2, 2), 5)
    torch.testing.assert_close(
        model.decode(model.codebook[5])[None], model.decode_indices(indices), rtol=1e-5, atol=1e-5
    )


def test_reconstruction_is_what_the_objective_decodes(model, x):
    model.eval()
    torch.testing.assert_close(model.reconstruct(x), torch.sigmoid(model(x).logits[0]))


# --- the quantiser


def test_nearest_is_the_brute_force_nearest():
    model = model_of(latent_dim=5, codebook=33)
    model.codebook.normal_(generator=torch.Generator().manual_seed(0))
    vectors = torch.randn(4, 3, 2, 5)
    found = model.nearest(vectors)
    for at in itertools.product(range(4), range(3), range(2)):
        distances = [float(((vectors[at] - code) ** 2).sum()) for code in model.codebook]
        assert int(found[at]) == int(np.argmin(distances))


def test_nearest_ignores_autocast():
    model = model_of(latent_dim=2, codebook=2)
    # Apart by less than bfloat16 can tell.
    model.codebook.copy_(torch.tensor([[1.0, 1.0], [1.0, 1.001]]))
    with torch.autocast("cpu", torch.bfloat16):
        assert model.nearest(torch.tensor([[1.0, 0.99], [1.0, 1.01]])).tolist() == [0, 1]


def test_gradient_goes_straight_through_the_quantiser():
    vectors = torch.randn(2, 3, 3, 4, requires_grad=True)
    codes = torch.randn(2, 3, 3, 4)
    weights = torch.randn(2, 3, 3, 4)
    out = straight_through(vectors, codes)
    torch.testing.assert_close(out.detach(), codes)
    (out * weights).sum().backward()
    assert torch.equal(vectors.grad, weights)


def test_gradient_at_the_encoder_is_that_at_the_codes(model, x):
    model.eval()
    vectors = model.vectors(x)
    codes = model.codebook[model.nearest(vectors)].requires_grad_()
    model.recon_loss(model.decode_vectors(codes), x).sum().backward()
    seen = []
    vectors_again = model.vectors(x)
    original = model.vectors
    model.vectors = lambda x: vectors_again
    vectors_again.register_hook(seen.append)
    model(x).terms.recon_loss.sum().backward()
    model.vectors = original
    torch.testing.assert_close(seen[0], codes.grad)


# --- the codebook


def test_first_batch_gives_the_codebook_its_vectors(x):
    model = model_of()
    model.train()
    with torch.no_grad():
        vectors = model.vectors(x).flatten(0, 2)
    model._restart(vectors, torch.Generator().manual_seed(2))
    for code in model.codebook:
        assert (vectors == code).all(1).any()
    assert torch.equal(model.usage, torch.full((7,), 1 / 7))


def test_moving_averages_against_counts_and_sums():
    """Appendix A.1 as it is written: counts and sums of vectors, kept apart."""
    model = model_of(latent_dim=2, codebook=3)
    generator = torch.Generator().manual_seed(0)
    model.codebook.copy_(torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 50.0]]))
    model.usage.copy_(torch.tensor([0.5, 0.3, 0.2]))
    count = 40
    sizes = model.usage.double() * count
    sums = sizes[:, None] * model.codebook.double()
    for _ in range(5):
        vectors = 3 * torch.randn(count, 2, generator=generator)
        indices = model.nearest(vectors)
        assert 2 not in indices
        book = sums / sizes[:, None]
        for k in range(3):
            chosen = vectors[indices == k].double()
            sizes[k] = DECAY * sizes[k] + (1 - DECAY) * len(chosen)
            sums[k] = DECAY * sums[k] + (1 - DECAY) * chosen.sum(0)
        model._follow(vectors, indices)
        assert not torch.equal(book[:2], sums[:2] / sizes[:2, None])
        torch.testing.assert_close(model.usage.double() * count, sizes, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(
            model.codebook.double(), sums / sizes[:, None], rtol=1e-5, atol=1e-5
        )


def test_only_dead_codes_start_again():
    model = model_of(latent_dim=2, codebook=4)
    before = torch.randn(4, 2)
    model.codebook.copy_(before)
    fair = 1 / 4
    usage = torch.tensor([0.6, 1.01 * DEAD_SHARE * fair, 0.99 * DEAD_SHARE * fair, 0.0])
    model.usage.copy_(usage)
    vectors = torch.randn(9, 2)
    model._restart(vectors, torch.Generator().manual_seed(1))
    assert torch.equal(model.codebook[:2], before[:2])
    assert torch.equal(model.usage, torch.tensor([usage[0], usage[1], fair, fair]))
    for code in model.codebook[2:]:
        assert (vectors == code).all(1).any()


def test_a_code_out_of_reach_comes_back_into_use(x):
    model = model_of(codebook=4)
    model.train()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        model.loss(x, generator=generator)
        model.codebook[2] = 1e4
        for _ in range(math.ceil(math.log(DEAD_SHARE) / math.log(DECAY)) + 2):
            model.loss(x, generator=generator)
    assert model.codebook.abs().max() < 1e3


def test_codebook_rests_outside_of_training(model, x):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.eval()
    model.loss(x)
    evaluate(model, load("digits"))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_generator_alone_chooses_the_restarts(x):
    books = []
    for seed in (5, 5, 6):
        model = model_of()
        model.train()
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        model.loss(x, generator=torch.Generator().manual_seed(seed // 6))
        assert torch.equal(torch.get_rng_state(), state)
        books.append(model.codebook)
    assert torch.equal(books[0], books[1])
    assert not torch.equal(books[0], books[2])


# --- the objective


@torch.no_grad()
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_objective_against_an_independent_computation(likelihood, x):
    model = model_of(likelihood=likelihood, commitment=0.7, sigma=0.4)
    model.codebook.normal_(generator=torch.Generator().manual_seed(2))
    model.eval()
    terms = model.loss(x)
    for i, image in enumerate(x):
        grid = model.encoder(image[None])[0]  # (3, 2, 2)
        choice, penalty, quantised = [], 0.0, torch.zeros_like(grid)
        for row, column in itertools.product(range(2), range(2)):
            vector = grid[:, row, column]
            distances = ((model.codebook - vector) ** 2).sum(1)
            choice.append(int(distances.argmin()))
            penalty += 0.7 * distances.min().item()
            quantised[:, row, column] = model.codebook[choice[-1]]
        logits = model.decoder(quantised[None])[0]
        pixel = Bernoulli(logits=logits) if likelihood == "bernoulli" else None
        recon = (
            torch.nn.functional.binary_cross_entropy_with_logits(logits, image, reduction="sum")
            if pixel
            else -Normal(torch.sigmoid(logits), 0.4).log_prob(image).sum()
        )
        nll = 0.0
        for t, code in enumerate(choice):
            before = model.codebook[choice[:t]].reshape(1, t, 3)
            nll -= float(
                Categorical(logits=model.steady_prior(before)[0, -1]).log_prob(torch.tensor(code))
            )
        assert float(terms.recon_loss[i]) == pytest.approx(float(recon), rel=1e-4)
        assert float(terms.penalty[i]) == pytest.approx(penalty, rel=1e-4)
        assert float(terms.kl[i]) == pytest.approx(nll, rel=1e-4)
        assert float(terms.loss[i]) == pytest.approx(float(recon) + penalty + nll, rel=1e-4)


def test_each_term_trains_its_own_part_alone(model, x):
    model.train()
    assert touched(model.loss(x).recon_loss, model) == {"encoder", "decoder"}
    assert touched(model.loss(x).penalty, model) == {"encoder"}
    assert touched(model.loss(x).kl, model) == {"prior"}


def test_gradient_of_the_commitment(model, x):
    model.eval()
    vectors = model.vectors(x).detach().requires_grad_()
    codes = model.codebook[model.nearest(vectors.detach())]
    model.vectors = lambda x: vectors
    model.loss(x).penalty.sum().backward()
    torch.testing.assert_close(vectors.grad, 2 * model.config.commitment * (vectors - codes))


def test_learned_variance_of_gaussian_pixels_is_trained(x):
    model = model_of(likelihood="gaussian", variance="learned")
    assert "pixel_logvar" in touched(model.loss(x).recon_loss, model)


# --- the prior


def test_outside_of_training_the_steady_prior_counts(model, x):
    with torch.no_grad():
        # Sure of the last code, whatever the image: dear wherever another one stands.
        model.prior.leave[1].bias.copy_(500 * torch.arange(7))
    before = {name: value.clone() for name, value in model.steady_prior.named_buffers()}
    assert model.eval().loss(x).kl.max() < 50
    model.sample(2, torch.Generator().manual_seed(0))
    assert all(torch.equal(value, before[k]) for k, value in model.steady_prior.named_buffers())
    assert model.train().loss(x).kl.max() > 400


def test_samples_are_drawn_codes_decoded(model):
    model.eval()
    indices = model.draw_indices(5, torch.Generator().manual_seed(8))
    assert indices.shape == (5, 2, 2)
    images = model.sample(5, torch.Generator().manual_seed(8))
    assert torch.equal(images, torch.sigmoid(model.decode_indices(indices)))
    codes = model.draw_codes(5, torch.Generator().manual_seed(8))
    torch.testing.assert_close(codes, model.codebook[indices].mean((1, 2)))


# --- figures


def test_perplexity_and_usage_of_known_codes(model):
    batches = [torch.tensor([[[0, 0], [0, 0]]]), torch.tensor([[[1, 1], [2, 2]], [[0, 0], [1, 1]]])]
    model.indices = lambda x: x
    found = model.figures(torch.empty(0, 3), batches)
    shares = np.array([6, 4, 2]) / 12
    assert found["perplexity"] == pytest.approx(math.exp(-(shares * np.log(shares)).sum()))
    assert found["code_usage"] == pytest.approx(3 / 7)

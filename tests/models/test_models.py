"""The contract of every family, and its objective."""

import pytest
import torch

from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.errors import ConfigError
from vae.models import FAMILIES, build, check_family, configure
from vae.models.losses import bernoulli_nll, gaussian_kl
from vae.models.nets import ARCHS
from vae.runs.checkpoint import load_model, save_model
from vae.runs.files import CONFIG_FILE
from vae.training.loop import EpochReport, TrainState, fit


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build(ModelConfig(latent_dim=3, hidden=(12,), image_shape=(1, 5, 6), beta=2.5))


@pytest.fixture
def x():
    return torch.rand(7, 1, 5, 6, generator=torch.Generator().manual_seed(1))


def test_gradients_flow_through_the_sample_to_mu_and_logvar(model):
    mu, logvar = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    generator = torch.Generator().manual_seed(5)
    z = model.reparameterize(mu, logvar, 2, generator)
    eps = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(5))
    weights = torch.randn_like(z)
    (z * weights).sum().backward()
    torch.testing.assert_close(z, mu + (0.5 * logvar).exp() * eps)
    # dz/dmu = 1, dz/dlogvar = sigma * eps / 2.
    torch.testing.assert_close(mu.grad, weights.sum(0))
    torch.testing.assert_close(
        logvar.grad, (weights * 0.5 * (0.5 * logvar).exp().detach() * eps).sum(0)
    )


def test_loss_reaches_every_weight_and_the_reconstruction_both_heads_by_the_sample(model, x):
    model.loss(x).recon_loss.mean().backward()
    assert all(head.abs().sum() > 0 for head in model.encoder[-1].weight.grad.chunk(2))
    model.zero_grad(set_to_none=True)
    model.loss(x).loss.mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_moments_of_the_samples(model):
    mu, logvar = torch.tensor([[1.0, -2.0, 0.0]]), torch.tensor([[0.0, 2.0, -3.0]])
    z = model.reparameterize(mu, logvar, 40_000, torch.Generator().manual_seed(0))[:, 0]
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.05, rtol=0)
    torch.testing.assert_close(z.var(0), logvar[0].exp(), atol=0.02, rtol=0.03)
    correlation = torch.corrcoef(z.T) - torch.eye(3)
    assert correlation.abs().max() < 0.03


def test_samples_of_one_batch_equal_a_loop_over_samples(model, x):
    terms = model.loss(x, 6, torch.Generator().manual_seed(9))
    mu, logvar = model.encode(x)
    noise = torch.randn(6, 7, 3, generator=torch.Generator().manual_seed(9))
    recon_loss = torch.zeros(7)
    for eps in noise:
        logits = model.decode(mu + (0.5 * logvar).exp() * eps)
        recon_loss += bernoulli_nll(logits, x) / 6
    torch.testing.assert_close(terms.recon_loss, recon_loss)
    torch.testing.assert_close(terms.kl, gaussian_kl(mu, logvar))


def test_objective_weighs_the_kl_by_beta_for_each_image(model, x):
    terms = model.loss(x)
    assert [part.shape for part in terms[:3]] == [(7,)] * 3
    assert terms.penalty is None
    torch.testing.assert_close(terms.loss, terms.recon_loss + 2.5 * terms.kl)


def test_generator_fixes_the_noise_and_leaves_the_global_one_alone(model, x):
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = model.loss(x, 2, torch.Generator().manual_seed(4)).loss
    assert torch.equal(first, model.loss(x, 2, torch.Generator().manual_seed(4)).loss)
    assert not torch.equal(first, model.loss(x, 2, torch.Generator().manual_seed(5)).loss)
    assert torch.equal(torch.get_rng_state(), state)


def test_decode_takes_codes_of_any_leading_shape(model):
    z = torch.randn(2, 4, 3)
    logits = model.decode(z)
    assert logits.shape == (2, 4, 1, 5, 6)
    torch.testing.assert_close(logits[1, 2], model.decode(z[1, 2]))
    torch.testing.assert_close(model.generate(z), torch.sigmoid(logits))


def test_unknown_family_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigError, match=r"'gan'.*vae"):
        check_family("gan")
    with pytest.raises(ConfigError):
        build(ModelConfig(family="gan"))


@pytest.mark.parametrize("latent_dim", [1, 2, 20])
@pytest.mark.parametrize("shape", [None, (1, 28, 28), (3, 32, 32), (1, 9, 11)], ids=str)
@pytest.mark.parametrize("arch", list(ARCHS))
@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_model_trains_saves_and_loads(
    family, arch, shape, latent_dim, few_digits, make_data, tmp_path, one_thread
):
    if FAMILIES[family].model.grows and arch != "mlp":
        pytest.skip("only dense layers grow")
    data = few_digits if shape is None else make_data(shape)
    config = RunConfig(
        data=DataConfig(dataset=data.name),
        model=configure(
            family,
            num_classes=len(data.class_names),
            arch=arch,
            latent_dim=latent_dim,
            image_shape=data.shape,
            hidden=(24, 16) if arch == "mlp" else (6, 8),
        ),
        train=TrainConfig(epochs=3, batch_size=16, device="cpu", lr=3e-3),
    )
    state = TrainState(config)
    before = {name: value.clone() for name, value in state.model.state_dict().items()}
    epochs = [report for report in fit(config, data, state) if isinstance(report, EpochReport)]
    assert [report.epoch for report in epochs] == [1, 2, 3]
    assert epochs[-1].train.loss < epochs[0].train.loss
    # So few units behind ReLUs may all be closed from the start.
    may_be_dead = latent_dim == 1 and family in ("sparse-ae", "growing-vae")
    for name, value in state.model.state_dict().items():
        assert may_be_dead or not torch.equal(value, before[name]), f"{name} was not trained"
    assert epochs[-1].pictures.test_recon.shape == (10, *data.shape)
    assert epochs[-1].codes.mu.shape == (len(data.test), latent_dim)

    (tmp_path / CONFIG_FILE).write_text(config.to_json())
    save_model(tmp_path, state.model, config, 3)
    loaded = load_model(tmp_path)
    z = torch.randn(5, latent_dim)
    labels = torch.zeros(5, dtype=torch.int64)
    x = torch.rand(4, *data.shape)
    with torch.no_grad():
        assert torch.equal(loaded.generate(z, labels[:5]), state.model.generate(z, labels[:5]))
        codes = zip(loaded.encode(x, labels[:4]), state.model.encode(x, labels[:4]), strict=True)
        assert all(new is old is None or torch.equal(new, old) for new, old in codes)
    assert not loaded.training
    assert not any(weight.requires_grad for weight in loaded.parameters())

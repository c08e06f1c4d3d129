"""Every family: trained, saved, loaded, evaluated; its loss against an independent computation."""

import math

import pytest
import torch
from small_models import (
    SHAPE,
    curve,
    paused_and_resumed,
    states_equal,
    stopped_and_resumed,
    untrained,
)
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae import runs
from vae.config import ModelConfig
from vae.errors import ConfigError
from vae.models import FAMILIES, all_options, configure
from vae.models.corruption import corrupt
from vae.models.iwae import log_prior_ratio
from vae.runs.checkpoint import load_model
from vae.training.loop import TrainState, fit
from vae.training.metrics import encode_all, evaluate
from vae.training.plan import plan
from vae.training.trainer import train_run

NAMES = list(FAMILIES)


def model_of(family, **given):
    return untrained(family, **{"hidden": (12, 7), **given}).train()


@pytest.fixture
def labels():
    return torch.tensor([0, 3, 9, 3, 1, 7])


@pytest.mark.parametrize("family", NAMES)
def test_trains_is_saved_loaded_and_evaluated(family, digits, tmp_path):
    config = plan(
        family,
        name="run",
        data={"dataset": "digits"},
        model={"hidden": (24, 16), "latent_dim": 4},
        train={"epochs": 2, "batch_size": 256},
    )
    run = runs.create(config, tmp_path)
    train_run(run)
    assert run.status().state == "done"
    assert load_model(run.directory).config == config.model
    epochs = run.epochs()
    assert [line["epoch"] for line in epochs] == [1, 2]
    model = load_model(run.directory)
    for split in ("train", "test"):
        terms = epochs[-1][split]
        assert math.isfinite(terms["loss"])
        assert (terms["kl"] is None) == (not model.has_prior)
    figures = evaluate(model, digits)
    for name, value in figures.items():
        if name in ("binary", "not_applicable"):
            continue
        assert (value is None) == (name in figures["not_applicable"]), name
        assert value is None or math.isfinite(value), name
    codes = run.codes()
    again = encode_all(model, digits.test)
    assert torch.allclose(torch.from_numpy(codes["mu"]), again.mu, atol=1e-5)
    assert ("logvar" in codes) == (again.logvar is not None)
    images = model.sample(5, torch.Generator().manual_seed(0))
    assert images.shape == (5, *SHAPE)
    assert ((images >= 0) & (images <= 1)).all()
    assert torch.equal(images, model.sample(5, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize(
    ("family", "precision"), [*((family, "float32") for family in NAMES), ("vq-vae", "bf16")]
)
def test_a_resumed_run_is_the_unbroken_one(family, precision, digits, tmp_path, one_thread):
    config = plan(
        family,
        name="run",
        data={"dataset": "digits"},
        model={"hidden": (12,), "latent_dim": 3},
        train={"epochs": 2, "batch_size": 400, "precision": precision, "device": "cpu"},
    )
    whole = TrainState(config)
    unbroken = list(fit(config, digits, whole))
    for reports, again in (
        stopped_and_resumed(config, digits, tmp_path, 1),
        paused_and_resumed(config, digits, tmp_path, 6),
    ):
        assert curve(reports) == curve(unbroken)
        assert states_equal(again, whole)


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("term", ["recon_loss", "kl", "penalty"])
def test_each_term_changes_the_gradient(family, term, x, labels):
    # With as many codes as vectors each would be its own code, and committing to it cost nothing.
    few = {"codebook": 4} if "codebook" in FAMILIES[family].model.options else {}
    model = model_of(family, **few)
    model.train()
    generator = torch.Generator().manual_seed(2)
    terms = model.loss(x, 2, generator, labels)
    part = getattr(terms, term)
    if part is None:
        assert term != "recon_loss"
        return
    grads = torch.autograd.grad(part.mean(), list(model.parameters()), allow_unused=True)
    assert any(grad is not None and grad.abs().sum() > 0 for grad in grads)


@pytest.mark.parametrize("family", [n for n in NAMES if FAMILIES[n].model.options])
def test_options_of_other_families_are_refused_with_a_sentence(family):
    for name in set(all_options()) - set(FAMILIES[family].model.options):
        value = ModelConfig.model_fields[name].default
        with pytest.raises(ConfigError, match=rf"{family} takes no {name.replace('_', '-')}"):
            configure(family, image_shape=SHAPE, **{name: value})


@pytest.mark.parametrize("family", ["ae", "sparse-ae", "denoising-ae", "contractive-ae", "vq-vae"])
def test_samples_and_warmup_are_refused_where_there_is_nothing_to_sample(family):
    for given in ({"samples": 3}, {"kl_warmup": 2}):
        with pytest.raises(ConfigError, match=family):
            plan(family, data={"dataset": "digits"}, model={}, train=given)


def test_beta_vae_is_stricter_than_the_vae():
    assert configure("beta-vae").beta == 4
    assert configure("beta-vae", beta=2.0).beta == 2
    assert configure("vae").beta == 1


def test_gaussian_pixels_against_torch(x):
    model = model_of("vae", likelihood="gaussian", sigma=0.3)
    out = model(x, None, 4, torch.Generator().manual_seed(5))
    expected = -Normal(torch.sigmoid(out.logits), 0.3).log_prob(x).sum((-3, -2, -1)).mean(0)
    assert torch.allclose(out.terms.recon_loss, expected, rtol=1e-5)
    q = Normal(out.mu, (0.5 * out.logvar).exp())
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(-1)
    assert torch.allclose(out.terms.loss, expected + kl, rtol=1e-5)


def test_a_sigma_of_root_a_half_is_squared_error_plus_kl(x):
    model = model_of("vae", likelihood="gaussian")
    out = model(x, None, 1, torch.Generator().manual_seed(5))
    squared = (torch.sigmoid(out.logits[0]) - x).square().sum((1, 2, 3))
    constant = 0.5 * 64 * math.log(math.pi)
    assert torch.allclose(out.terms.loss, squared + out.terms.kl + constant, rtol=1e-5)


def test_a_learned_variance_finds_the_mean_squared_error(x):
    model = model_of("vae", likelihood="gaussian", variance="learned", sigma=0.5)
    logits = torch.zeros(1, *x.shape)
    optimizer = torch.optim.LBFGS([model.pixel_logvar], max_iter=60)

    def closure():
        optimizer.zero_grad()
        loss = model.recon_loss(logits, x).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert model.pixel_logvar.exp().item() == pytest.approx(
        (x - 0.5).square().mean().item(), rel=1e-3
    )


def test_warmup_scales_the_kl_and_no_more(x):
    model = model_of("beta-vae", beta=3.0)
    for scale in (0.0, 0.25, 1.0):
        model.kl_scale = scale
        terms = model.loss(x, 1, torch.Generator().manual_seed(1))
        assert torch.allclose(terms.loss, terms.recon_loss + 3 * scale * terms.kl)


@pytest.mark.parametrize("arch", ["mlp", "conv"])
def test_cvae_reads_the_label_in_encoder_and_decoder(arch, x, labels):
    model = model_of("cvae", arch=arch)
    other = (labels + 1) % 10
    assert not torch.allclose(model.encode(x, labels)[0], model.encode(x, other)[0])
    z = torch.randn(6, 3)
    assert not torch.allclose(model.decode(z, labels), model.decode(z, other))
    # (L, B, d) under (B,), and one z under every class
    assert model.decode(torch.randn(4, 6, 3), labels).shape == (4, 6, *SHAPE)
    assert model.decode(torch.zeros(10, 3), torch.arange(10)).shape == (10, *SHAPE)
    with pytest.raises(ValueError, match="label"):
        model.encode(x)
    with pytest.raises(ValueError, match="label"):
        model.decode(z)


def test_cvae_without_classes_is_refused():
    with pytest.raises(ConfigError, match="classes"):
        model_of("cvae", num_classes=0)


@pytest.mark.parametrize("samples", [1, 7])
def test_iwae_against_torch_distributions(x, samples):
    model = model_of("iwae")
    out = model(x, None, samples, torch.Generator().manual_seed(4))
    eps = torch.randn(samples, 6, 3, generator=torch.Generator().manual_seed(4))
    std = (0.5 * out.logvar).exp()
    z = out.mu + std * eps
    log_p = Normal(0.0, 1.0).log_prob(z).sum(-1)
    log_q = Normal(out.mu, std).log_prob(z).sum(-1)
    # Grey pixels: the cross-entropy is Bernoulli's formula read for values between 0 and 1.
    log_x = Bernoulli(logits=model.decode(z), validate_args=False).log_prob(x).sum((-3, -2, -1))
    expected = -(torch.logsumexp(log_x + log_p - log_q, 0) - math.log(samples))
    assert torch.allclose(out.terms.loss, expected, rtol=1e-5)
    assert torch.allclose(log_prior_ratio(z, out.mu, out.logvar), log_p - log_q, atol=1e-4)


def test_iwae_bound_tightens_with_more_samples(x):
    model = model_of("iwae")
    few, many = (
        model.loss(x.repeat(200, 1, 1, 1), k, torch.Generator().manual_seed(4)).loss.mean()
        for k in (1, 50)
    )
    assert many < few


def test_plain_autoencoder_losses(x):
    model = model_of("ae")
    mean = torch.sigmoid(model.decode(model.encode(x)[0]))
    assert torch.allclose(model.loss(x).loss, (mean - x).square().mean((1, 2, 3)))
    model = model_of("ae", reconstruction="bce")
    mean = torch.sigmoid(model.decode(model.encode(x)[0]))
    expected = -(x * mean.log() + (1 - x) * (1 - mean).log()).sum((1, 2, 3))
    assert torch.allclose(model.loss(x).loss, expected, rtol=1e-4)


def test_autoencoders_follow_mean_and_deviation_of_their_codes(x):
    model = model_of("ae").train()
    model.loss(x)
    code = model.encode(x)[0]
    assert torch.allclose(model.code_mean, code.mean(0), atol=1e-6)
    assert torch.allclose(model.code_std, code.std(0, unbiased=False), atol=1e-6)
    drawn = model.draw_codes(20_000, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn.mean(0), code.mean(0), atol=0.05)
    model.eval().loss(x + 5)
    assert torch.allclose(model.code_mean, code.mean(0), atol=1e-6)


def test_sparse_penalties(x):
    model = model_of("sparse-ae", sparsity="l1", sparsity_weight=0.2)
    code = model.encode(x)[0]
    assert (code >= 0).all()
    assert torch.allclose(model.loss(x).penalty, 0.2 * code.sum(-1))
    model = model_of("sparse-ae", sparsity="kl", sparsity_weight=0.7, sparsity_target=0.1)
    mean = model.encode(x)[0].mean(0)
    kl = kl_divergence(Bernoulli(torch.full_like(mean, 0.1)), Bernoulli(mean)).sum()
    assert torch.allclose(model.loss(x).penalty, 0.7 * kl.expand(6), rtol=1e-4)


def test_sparse_codes_may_be_overcomplete(x):
    model = model_of("sparse-ae", latent_dim=1024)
    assert model.encode(x)[0].shape == (6, 1024)
    model.loss(x).loss.mean().backward()


def test_a_denoising_autoencoder_sees_spoiled_images_and_is_asked_for_clean_ones(x):
    model = model_of("denoising-ae", corruption="mask:0.4")
    corrupted = corrupt(x, "mask:0.4", torch.Generator().manual_seed(8))
    mean = torch.sigmoid(model.decode(model.encode(corrupted)[0]))
    expected = (mean - x).square().mean((1, 2, 3))
    found = model.loss(x, 1, torch.Generator().manual_seed(8)).loss
    assert torch.allclose(found, expected)
    assert not torch.allclose(found, model.loss(x, 1, torch.Generator().manual_seed(9)).loss)


@pytest.mark.parametrize("arch", ["mlp", "conv"])
def test_the_jacobian_is_exact_for_dense_layers_and_estimated_without_bias_for_others(arch, x):
    model = model_of("contractive-ae", arch=arch, contraction=0.3).eval()
    jacobian = torch.autograd.functional.jacobian(
        lambda image: model.encode(image[None])[0][0], x[2]
    )
    expected = 0.3 * jacobian.square().sum().item()
    with torch.inference_mode(arch == "conv"):
        many = x[2:3].expand(4000, *SHAPE)
        found = model.loss(many, 1, torch.Generator().manual_seed(0)).penalty
    if arch == "mlp":
        assert found[0].item() == pytest.approx(expected, rel=1e-4)
    else:
        error = 4 * found.std().item() / math.sqrt(len(found))
        assert found.mean().item() == pytest.approx(expected, abs=error)


@pytest.mark.parametrize("kind", ["gaussian:0.5", "salt-pepper:0.3", "mask:0.5"])
def test_corruption_keeps_to_pixels_and_its_seed(kind):
    x = torch.full((50, 1, 20, 20), 0.5)
    found = corrupt(x, kind, torch.Generator().manual_seed(1))
    assert ((found >= 0) & (found <= 1)).all()
    assert torch.equal(found, corrupt(x, kind, torch.Generator().manual_seed(1)))
    share = (found != x).float().mean().item()
    expected = {"gaussian:0.5": 1.0, "salt-pepper:0.3": 0.3, "mask:0.5": 0.5}[kind]
    assert share == pytest.approx(expected, abs=0.02)
    if kind.startswith("salt"):
        assert (found == 1).float().mean().item() == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize("text", ["", "gaussian", "gaussian:x", "fog:0.1", "mask:1.5", "mask:0"])
def test_a_corruption_that_cannot_be_read_is_refused(text):
    with pytest.raises(ConfigError, match="gaussian:AMOUNT"):
        corrupt(torch.zeros(1, *SHAPE), text)
    with pytest.raises(ConfigError):
        configure("denoising-ae", corruption=text, image_shape=SHAPE)


def test_dynamic_binarisation_draws_anew_and_tests_are_static(digits):
    config = plan(
        "vae",
        name="run",
        data={"dataset": "digits", "binarise": "dynamic"},
        model={"hidden": (8,)},
        train={"epochs": 1, "batch_size": 400},
    )
    seen = []
    state = TrainState(config)
    inner = state.model.loss
    state.model.loss = lambda x, *rest: seen.append(x) or inner(x, *rest)
    list(fit(config, None, state))
    values = torch.cat(seen).unique().tolist()
    assert values == [0.0, 1.0]

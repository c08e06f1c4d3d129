"""Every measure against an answer that is known beforehand."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score, silhouette_samples
from torch.distributions import MultivariateNormal, Normal

from vae.data import ImageData, Split, pixels
from vae.errors import ConfigError, RunError
from vae.measures import (
    GROUPS,
    MEASURES,
    Subject,
    bounds,
    factors,
    labels,
    likelihood,
    posterior,
    samples,
)
from vae.measures.base import NEEDS, evenly
from vae.measures.classifier import save_classifier, train_classifier
from vae.measures.likelihood import estimate
from vae.measures.report import (
    keep,
    measure,
    measure_run,
    path_of,
    read,
)
from vae.measures.words import detail_words, value_words
from vae.models import FAMILIES, build, configure
from vae.models.losses import gaussian_kl
from vae.training.metrics import Codes

SHAPE = (1, 8, 8)
PIXELS = 64
SIGMA = 0.4
NAMES = list(FAMILIES)
WITHOUT_POSTERIOR = ("ae", "sparse-ae", "denoising-ae", "contractive-ae", "vq-vae")
OF_POSTERIOR = [name for name, kind in MEASURES.items() if "posterior" in kind.needs]


@pytest.fixture(autouse=True)
def _one_thread(one_thread):
    """Small products are quicker so."""


def model_of(family, **given):
    torch.manual_seed(3)
    sizes = {"hidden": (12,), "latent_dim": 3, "image_shape": SHAPE, "num_classes": 10}
    return build(configure(family, **{**sizes, **given})).eval()


class LinearGaussian:
    """x = w z + b + noise with one z: log p(x) and the posterior are known.

    Its q(z|x) is the true posterior, the variance ``wider`` times as large.
    """

    def __init__(self, wider=1.0):
        generator = torch.Generator().manual_seed(0)
        self.weight = 0.2 * torch.randn(PIXELS, generator=generator)
        self.bias = torch.full((PIXELS,), 0.5)
        self.wider = wider
        self.variance = 1 / (1 + self.weight.square().sum() / SIGMA**2)
        self.model = model_of("vae", latent_dim=1, likelihood="gaussian", sigma=SIGMA)
        self.model.encode = self.encode
        self.model.decode = lambda z, labels=None: (z * self.weight + self.bias).unflatten(
            -1, SHAPE
        )
        self.model.recon_loss = lambda mean, x: -Normal(mean, SIGMA).log_prob(x).sum((-3, -2, -1))

    def encode(self, x, labels=None):
        mu = (x.flatten(1) - self.bias) @ self.weight[:, None] * self.variance / SIGMA**2
        return mu, (self.wider * self.variance).log().expand_as(mu)

    def exact(self, x):
        covariance = torch.outer(self.weight, self.weight) + SIGMA**2 * torch.eye(PIXELS)
        return MultivariateNormal(self.bias.double(), covariance.double()).log_prob(
            x.flatten(1).double()
        )


@pytest.fixture(scope="module")
def noise():
    """A data set of random pixels with two classes."""
    images = torch.randint(0, 256, (40, *SHAPE), generator=torch.Generator().manual_seed(1))
    split = Split(images.to(torch.uint8), torch.arange(40) % 2)
    return ImageData("noise", SHAPE, ("a", "b"), split, split)


# ---- likelihood ----------------------------------------------------------------------------------


def test_log_likelihood_is_exact_where_q_is_the_posterior(noise):
    known = LinearGaussian()
    found = bounds.log_likelihood(Subject(known.model, noise, num_samples=3))
    exact = known.exact(pixels(noise.test.images))
    assert found.value == pytest.approx(exact.mean().item(), abs=1e-3)
    details = found.details
    assert details["gap"] == pytest.approx(0, abs=1e-3)
    assert details["standard_error"] == pytest.approx(exact.std().item() / math.sqrt(40), rel=1e-3)
    assert (details["num_samples"], details["num_images"], details["pixels"]) == (3, 40, "grey")


def test_the_gap_to_the_elbo_is_what_q_misses(noise):
    wider = 1.5
    known = LinearGaussian(wider)
    found = bounds.log_likelihood(Subject(known.model, noise, num_samples=4000))
    exact = known.exact(pixels(noise.test.images)).mean().item()
    missed = 0.5 * (wider - 1 - math.log(wider))  # KL of q from the posterior
    assert found.value == pytest.approx(exact, abs=5e-3)
    assert found.details["gap"] == pytest.approx(missed, abs=0.02)
    assert found.details["elbo"] == pytest.approx(exact - missed, abs=0.02)


def test_bits_are_the_log_likelihood_of_black_or_white_pixels(noise):
    subject = Subject(model_of("vae"), noise, num_samples=5)
    nats = bounds.log_likelihood(subject)
    assert nats.details["pixels"] == "binary"
    bits = bounds.bits_per_dim(subject)
    assert bits.value == pytest.approx(-nats.value / (PIXELS * math.log(2)))
    sharp = Split((noise.test.images > 127).to(torch.uint8) * 255, noise.test.labels)
    again = Subject(subject.model, replace(noise, test=sharp), num_samples=5)
    assert bounds.log_likelihood(again).value == nats.value


def test_memory_is_bounded_whatever_k_and_the_size_of_an_image():
    for shape, count in ((SHAPE, 3000), ((3, 64, 64), 700)):
        model = model_of("vae", image_shape=shape, hidden=(4,))
        decoded, inner = [], model.decode

        def noted(z, labels=None, decoded=decoded, inner=inner):
            decoded.append(z.shape)
            return inner(z)

        model.decode = noted
        images = torch.zeros(4, *shape, dtype=torch.uint8)
        split = Split(images, torch.zeros(4, dtype=torch.int64))
        estimate(model, split, count)
        assert sum(found[0] for found in decoded) == count
        for k, batch, _ in decoded:
            assert k * batch <= likelihood.MAX_DECODED
            assert k * batch * math.prod(shape) <= likelihood.MAX_VALUES
    assert likelihood.batch_size((3, 256, 256)) == 8
    assert likelihood.batch_size((1, 28, 28)) == 100


def test_chunks_do_not_change_the_estimate(noise, monkeypatch):
    known = LinearGaussian(1.5)
    whole = estimate(known.model, noise.test, 500)
    monkeypatch.setattr(likelihood, "MAX_DECODED", 130)
    parts = estimate(known.model, noise.test, 500)
    assert parts.mean == pytest.approx(whole.mean, abs=0.02)
    assert parts.num_samples == 500


@pytest.mark.parametrize("count", [0, -1, likelihood.MAX_SAMPLES + 1])
def test_a_number_of_samples_out_of_bounds_is_refused(noise, count):
    with pytest.raises(ConfigError, match="sample"):
        estimate(model_of("vae"), noise.test, count)


def test_images_of_the_estimate_are_spread_evenly(noise):
    numbered = Split(noise.test.images, torch.arange(40))
    assert evenly(numbered, 5).labels.tolist() == [0, 10, 20, 29, 39]
    assert evenly(numbered, 99) is numbered


def test_deviation_of_the_elbo_is_the_closed_form_and_falls_as_one_over_root_l(noise):
    known = LinearGaussian()
    found = bounds.elbo_std_by_samples(Subject(known.model, noise))
    x = pixels(noise.test.images)
    mu, logvar = known.encode(x)
    # -log p(x|z) is a z^2 + b z + c; its variance under N(m, v) is 2 a^2 v^2 + (2 a m + b)^2 v.
    a = known.weight.square().sum() / (2 * SIGMA**2)
    b = -((x.flatten(1) - known.bias) @ known.weight) / SIGMA**2
    v = logvar.exp()[:, 0]
    variance = 2 * a**2 * v**2 + (2 * a * mu[:, 0] + b) ** 2 * v
    one = math.sqrt(variance.mean().item())
    assert list(found.value) == [str(count) for count in bounds.SAMPLE_COUNTS]
    for count, std in found.value.items():
        assert std == pytest.approx(one / math.sqrt(int(count)), rel=0.15)
    between = known.exact(x).std().item()
    assert found.details["std_between_images"] == pytest.approx(between, rel=0.05)


def test_groups_of_draws_are_those_of_numpy():
    costs = torch.randn(7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = bounds.std_by_samples(costs, (1, 3, 7))
    assert list(found) == [1, 3]  # one group of seven has no deviation
    array = costs.numpy()
    assert found[1] == pytest.approx(math.sqrt(array.var(0, ddof=1).mean()))
    means = array[:6].reshape(2, 3, 3).mean(1)
    assert found[3] == pytest.approx(math.sqrt(means.var(0, ddof=1).mean()))


# ---- codes ---------------------------------------------------------------------------------------


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_codes_far_apart_tell_which_image_they_are_of():
    count = 700  # more than one chunk
    mu = torch.arange(count)[:, None].float() * torch.tensor([1.0, -2.0])
    logvar = torch.full((count, 2), -12.0)
    found = posterior.surgery(mu, logvar, seeded())
    assert found.mutual_information == pytest.approx(math.log(count), abs=1e-9)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    kl = gaussian_kl(mu.double(), logvar.double()).mean().item()
    assert found.marginal_kl == pytest.approx(kl - math.log(count))


def test_codes_of_no_width_still_tell_no_more_than_log_n():
    mu = torch.randn(300, 2, generator=seeded())
    found = posterior.surgery(mu, torch.full((300, 2), -60.0), seeded(1))
    assert found.mutual_information == pytest.approx(math.log(300), abs=1e-6)


def test_collapsed_codes_tell_nothing():
    found = posterior.surgery(torch.zeros(50, 3), torch.zeros(50, 3), seeded())
    assert found.mutual_information == pytest.approx(0, abs=1e-9)
    assert found.marginal_kl == pytest.approx(0, abs=1e-9)


def test_a_gaussian_mean_of_posteriors_has_a_closed_form():
    # mu from N(0, 1 - v) and width v make q(z) = N(0, 1): I = -log(v) / 2 a dimension.
    v, count = 0.3, 4000
    mu = math.sqrt(1 - v) * torch.randn(count, 2, generator=seeded())
    found = posterior.surgery(mu, torch.full((count, 2), math.log(v)), seeded(1))
    assert found.mutual_information == pytest.approx(-math.log(v), abs=0.05)
    assert found.marginal_kl == pytest.approx(0, abs=0.05)
    shifted = posterior.surgery(mu + 1, torch.full((count, 2), math.log(v)), seeded(1))
    assert shifted.mutual_information == pytest.approx(found.mutual_information, abs=1e-6)
    assert shifted.marginal_kl == pytest.approx(1.0, abs=0.06)  # 1/2 for each dimension


def test_kl_of_the_dimensions_and_active_units(noise):
    subject = Subject(model_of("vae"), noise)
    mu = torch.tensor([[0.0, 2.0], [0.0, 4.0]])
    subject.__dict__["test_codes"] = Codes(mu, torch.zeros(2, 2))
    assert posterior.kl_by_dimension(subject) == ([0.0, 5.0], {"total": 5.0})
    subject.__dict__["standard"] = {"active_units": 1}
    assert posterior.active_units(subject) == (1, {"latent_dim": 3})


# ---- classes -------------------------------------------------------------------------------------


def test_silhouettes_are_those_of_scikit_learn():
    codes = torch.randn(620, 3, generator=seeded())
    classes = torch.randint(0, 4, (620,), generator=seeded(1)) * 3
    classes[5] = 77  # the only one of its class
    found = labels.silhouettes(codes, classes)
    np.testing.assert_allclose(
        found.numpy(), silhouette_samples(codes.double().numpy(), classes.numpy()), atol=1e-7
    )
    assert found[5] == 0


def test_a_probe_separates_what_a_plane_separates():
    codes = torch.randn(400, 2, generator=seeded())
    apart = codes + 9 * torch.tensor([[1.0, 0.0], [-1.0, 0.0]]).repeat(200, 1)
    classes = torch.arange(400) % 2
    assert labels.probe_accuracy(apart, classes, apart, classes) == 1
    assert labels.probe_accuracy(apart, classes, apart, 1 - classes) == 0
    crossed = ((codes[:, 0] > 0) ^ (codes[:, 1] > 0)).long()  # no plane does this
    assert labels.probe_accuracy(codes, crossed, codes, crossed) < 0.7


def test_few_labels_are_drawn_of_each_class_alike():
    classes = torch.arange(1000) % 10
    chosen = labels.few_per_class(classes, 100, seeded())
    assert len(chosen.unique()) == 100
    assert torch.bincount(classes[chosen]).tolist() == [10] * 10
    assert not torch.equal(chosen, labels.few_per_class(classes, 100, seeded(1)))
    assert len(labels.few_per_class(torch.tensor([4, 4, 9]), 100, seeded())) == 3
    assert len(labels.few_per_class(torch.arange(300), 100, seeded())) == 300


def test_probes_of_a_subject(noise):
    subject = Subject(model_of("vae"), noise)
    mu = noise.test.labels[:, None].float() * torch.tensor([1e-4, 5e3]) + 1
    for name in ("train_codes", "test_codes"):
        subject.__dict__[name] = Codes(mu, None)
    assert labels.linear_probe(subject) == (1.0, {"num_labels": 40})
    assert labels.linear_probe_100(subject) == (1.0, {"std": 0.0, "num_labels": 40, "draws": 10})
    assert labels.silhouette(subject).value == 1


# ---- factors -------------------------------------------------------------------------------------


def test_mutual_information_of_counts_is_that_of_scikit_learn():
    first = torch.randint(0, 5, (500,), generator=seeded()).numpy()
    second = (first + torch.randint(0, 3, (500,), generator=seeded(1)).numpy()) % 6
    assert factors.mutual_information(first, second) == pytest.approx(
        mutual_info_score(first, second)
    )


def known_factors(count=4000):
    drawn = torch.stack(
        [torch.randint(0, size, (count,), generator=seeded(size)) for size in (16, 6)]
    )
    return {"x": drawn[0].float() / 16, "size": drawn[1].float()}


def test_a_dimension_for_each_factor_has_the_whole_gap():
    known = known_factors()
    noise = torch.randn(4000, generator=seeded())
    codes = torch.stack([noise, -3 * known["size"], known["x"] ** 2], 1)
    gaps = factors.information_gaps(codes[:, [0, 1]], {"size": known["size"]})
    assert gaps["size"] == pytest.approx(1, abs=0.03)
    codes = torch.stack([-3 * known["size"], 7 * known["x"]], 1)
    assert factors.information_gaps(codes, known) == pytest.approx({"x": 1, "size": 1}, abs=0.03)


def test_noise_and_codes_shared_by_two_dimensions_have_no_gap():
    known = known_factors()
    noise = torch.randn(4000, 3, generator=seeded())
    assert factors.information_gaps(noise, known) == pytest.approx({"x": 0, "size": 0}, abs=0.02)
    twice = torch.stack([known["x"], 1 - known["x"], noise[:, 0]], 1)
    assert factors.information_gaps(twice, known)["x"] == pytest.approx(0, abs=1e-9)


def test_a_factor_that_never_changes_is_left_out():
    still = {"still": torch.ones(10), "x": torch.arange(10.0)}
    assert factors.information_gaps(torch.arange(10.0)[:, None], still) == {"x": pytest.approx(1)}


def test_mig_of_a_subject_counts_the_class_as_a_factor(noise):
    known = torch.stack([torch.arange(40) // 2 % 4, torch.arange(40) // 8], 1).float()
    split = Split(noise.test.images, noise.test.labels, known)
    data = replace(noise, train=split, test=split, factor_names=("x", "y"))
    subject = Subject(model_of("ae"), data)
    codes = torch.cat([known, noise.test.labels[:, None].float()], 1)
    subject.__dict__["test_codes"] = Codes(codes, None)
    found = factors.mig(subject)
    assert found.value == pytest.approx(1)
    assert list(found.details["by_factor"]) == ["x", "y", "class"]
    # A dimension that has collapsed to the prior is noise, however its mean varies.
    subject.__dict__["test_codes"] = Codes(codes * 1e-3, torch.zeros(40, 3))
    assert factors.mig(subject).value < 0.5


# ---- samples -------------------------------------------------------------------------------------


def with_moments(mean, root, count=500, seed=0):
    """Features whose mean and covariance ``root @ root.T`` are exact."""
    raw = torch.randn(count, len(mean), generator=seeded(seed), dtype=torch.float64)
    raw = raw - raw.mean(0)
    white = raw @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(raw.T))).T
    return white @ root.T + mean


def test_frechet_distance_of_two_gaussians():
    mean = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    narrow, wide = (torch.diag(torch.tensor(s).double()) for s in ([1, 1, 2.0], [3, 1, 0.5]))
    first, second = with_moments(mean, narrow), with_moments(mean + 1, wide, seed=1)
    # |m1 - m2|^2 + sum (s1 - s2)^2
    assert samples.frechet_distance(first, second) == pytest.approx(3 + 4 + 0 + 2.25)
    assert samples.frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_covariances_that_do_not_commute():
    from scipy.linalg import sqrtm

    roots = [torch.randn(4, 4, generator=seeded(n), dtype=torch.float64) for n in (1, 2)]
    mean = torch.zeros(4, dtype=torch.float64)
    first, second = (with_moments(mean, root, seed=n) for n, root in enumerate(roots))
    one, two = (root.numpy() @ root.numpy().T for root in roots)
    exact = np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert samples.frechet_distance(first, second) == pytest.approx(exact)


def test_frechet_distance_with_features_that_never_change():
    still = torch.zeros(50, 3)
    still[:, 0] = torch.randn(50, generator=seeded())
    assert samples.frechet_distance(still, still) == pytest.approx(0, abs=1e-9)
    assert samples.frechet_distance(still, still + 2) == pytest.approx(12)


@pytest.fixture
def judged(few_digits, tmp_path):
    classifier, facts = train_classifier(few_digits, epochs=1)
    save_classifier(classifier, facts, tmp_path)
    return Subject(model_of("vae"), few_digits, classifiers=tmp_path)


def test_samples_that_are_the_test_images_are_at_no_distance(judged):
    images = pixels(judged.data.test.images)
    judged.model.sample = lambda count, generator, labels=None: images[:count]
    found = samples.sample_quality(judged)
    assert found.value == pytest.approx(0, abs=1e-6)
    assert found.details["real_images"] > 0
    assert found.details["num_images"] == 40
    judged.model.sample = lambda count, generator, labels=None: 1 - images[:count]
    assert samples.sample_quality(judged).value > found.details["real_images"]


def test_samples_are_as_black_and_white_as_the_test_images(judged):
    sharp = (judged.data.test.images > 127).to(torch.uint8) * 255
    judged.data = replace(judged.data, test=Split(sharp, judged.data.test.labels))
    grey = 0.4 * pixels(sharp) + 0.3  # 0.3 or 0.7
    judged.model.sample = lambda count, generator, labels=None: grey[:count]
    assert samples.sample_quality(judged).value == pytest.approx(0, abs=1e-6)


def test_a_conditional_model_is_asked_for_the_classes_of_the_test_images(few_digits):
    model = model_of("cvae")
    asked = []
    model.sample = lambda count, generator, labels=None: (
        asked.append(labels) or torch.zeros(count, *SHAPE)
    )
    samples.drawn(model, few_digits.test.labels, seeded())
    assert torch.equal(torch.cat(asked), few_digits.test.labels)


# ---- the registry and the report -----------------------------------------------------------------


def test_each_measure_says_what_it_counts_and_when_not_to_trust_it():
    for measure_ in MEASURES.values():
        assert measure_.title
        assert measure_.unit
        assert measure_.caution.endswith(".")
        assert measure_.group in GROUPS
        assert set(measure_.needs) <= NEEDS.keys()


@pytest.mark.parametrize("family", NAMES)
def test_every_family_has_each_figure_or_the_reason_why_not(family, few_digits, tmp_path):
    told = []
    model = model_of(family)
    subject = Subject(model, few_digits, num_samples=2, classifiers=tmp_path)
    found = measure(subject, lambda doing, share: told.append(share))
    json.dumps(found, allow_nan=False)
    reasons = found["not_applicable"]
    for name in MEASURES:
        assert (found[name] is None) == (name in reasons), name
        assert reasons.get(name, "A.").endswith(".")
    missing = OF_POSTERIOR if family in WITHOUT_POSTERIOR else []
    assert set(missing) <= reasons.keys()
    assert {"mig", "frechet_distance"} <= reasons.keys()
    assert "classifier train --dataset digits" in reasons["frechet_distance"]
    assert ("log_likelihood" in reasons) == (family in WITHOUT_POSTERIOR)
    if not model.has_prior:
        assert "no prior" in reasons["log_likelihood"]
        assert {"elbo", "kl"} <= reasons.keys()
    assert told == sorted(told)
    assert told[-1] == 1
    assert found["knn_accuracy"] == subject.standard["knn_accuracy"]


def test_gaussian_pixels_have_no_bits(noise):
    subject = Subject(model_of("vae", likelihood="gaussian"), noise, num_samples=2)
    found = measure(subject)
    assert found["log_likelihood"] is not None
    assert found["bits_per_dim"] is None
    assert "density" in found["not_applicable"]["bits_per_dim"]


def test_images_of_one_class_have_nothing_to_tell_apart(noise):
    alone = Split(noise.test.images[:6], torch.zeros(6, dtype=torch.int64))
    found = measure(Subject(model_of("vae"), replace(noise, train=alone, test=alone), 2))
    for name in ("knn_accuracy", "linear_probe", "linear_probe_100", "silhouette"):
        assert found[name] is None
        assert "one class" in found["not_applicable"][name]


def test_a_single_test_image_gives_no_nan(noise):
    found = measure(Subject(model_of("vae"), replace(noise, test=noise.test[:1]), 2))
    json.dumps(found, allow_nan=False)
    assert found["log_likelihood"] is not None
    assert found["details"]["log_likelihood"]["standard_error"] is None


def test_a_figure_that_is_not_finite_is_none_with_a_reason(noise, monkeypatch):
    broken = replace(MEASURES["silhouette"], function=lambda s: labels.Found(math.inf))
    monkeypatch.setitem(MEASURES, "silhouette", broken)
    found = measure(Subject(model_of("vae"), noise, 2))
    assert found["silhouette"] is None
    assert "finite" in found["not_applicable"]["silhouette"]


def test_a_classifier_of_other_images_is_a_reason(judged):
    data = ImageData("digits", (1, 4, 4), ("a", "b"), judged.data.train, judged.data.test)
    reason = NEEDS["classifier"](replace(judged, data=data))
    assert "another shape" in reason


def test_twice_gives_the_same(noise):
    model = model_of("vae")
    torch.manual_seed(1)
    first = measure(Subject(model, noise, 3))
    torch.manual_seed(2)
    assert measure(Subject(model, noise, 3)) == first


# ---- on disk and on the command line -------------------------------------------------------------


def test_figures_are_kept_until_the_weights_change(trained):
    assert read(trained) is None
    measured = measure_run(trained, 2)
    keep(trained, measured)
    assert read(trained) == measured.figures
    assert trained.evaluation() == measured.standard
    path = trained.directory / "model.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    assert read(trained) is None
    path_of(trained).write_text("[1, 2]")
    assert read(trained) is None
    path_of(trained).unlink()
    path.unlink()
    assert read(trained) is None


def test_a_shipped_run_stays_as_it_is(shipped):
    before = {p: p.read_bytes() for p in shipped.directory.iterdir()}
    measured = measure_run(shipped, 2)
    keep(shipped, measured)
    assert {p: p.read_bytes() for p in shipped.directory.iterdir()} == before
    assert read(shipped) == measured.figures


def test_a_folder_that_cannot_be_written_is_a_sentence(trained, monkeypatch):
    measured = measure_run(trained, 2)

    def full(*args):
        raise OSError(28, "No space left on device", "measures.json")

    monkeypatch.setattr("vae.storage.files.os.replace", full)
    with pytest.raises(RunError, match=r"measures.json cannot be written \(No space left"):
        keep(trained, measured)


def test_evaluate_in_full(cli, trained):
    found = cli("evaluate", "one", "--full", "--samples", "3", "--json").json
    assert MEASURES.keys() | {"elbo", "binary", "family", "details"} <= found.keys()
    assert found["details"]["log_likelihood"]["num_samples"] == 3
    assert read(trained)["log_likelihood"] == found["log_likelihood"]
    words = cli("evaluate", "one", "--samples", "2").out  # asks for all of them by itself
    assert "K = 2" in words
    assert "standard error" in words
    assert "n/a" in words
    assert "log_likelihood" not in cli("evaluate", "one").out


def test_evaluate_in_full_refuses(cli, trained, monkeypatch):
    cli("evaluate", "one", "--samples", "0").check_refused("at least one sample")
    cli("evaluate", "one", "--samples", "5001").check_refused("at most 5,000")
    cli("evaluate", "one", "--samples", "many").check_refused("samples")
    whole = (trained.directory / "model.safetensors").read_bytes()
    (trained.directory / "model.safetensors").write_bytes(whole[:50])
    cli("evaluate", "one", "--full").check_refused("damaged")
    (trained.directory / "model.safetensors").unlink()
    cli("evaluate", "one", "--full").check_refused("no weights yet")


def test_evaluate_in_full_shows_what_cannot_be_kept(cli, trained, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device", "measures.json")

    monkeypatch.setattr("vae.storage.files.os.replace", full)
    answer = cli("evaluate", "one", "--full", "--samples", "2", "--json")
    assert answer.code == 0
    assert answer.json["log_likelihood"] is not None
    assert "cannot be kept" in answer.err


def test_words():
    assert value_words(None) == "n/a"
    assert value_words(-1234.5678, 2) == "-1,234.57"
    assert value_words([1.0, 2.0], 1) == "1.0, 2.0"
    assert value_words([0.5, 0.1, 3.0, 2.0], 1) == "0.1 to 3.0"
    assert value_words({"1": 3.0, "2": 2.0, "5": 1.0}, 1) == "3.0 at L = 1, 1.0 at L = 5"
    assert value_words(20, 4) == "20"
    told = detail_words({"num_samples": 5000, "standard_error": 0.123, "gap": None, "other": 1})
    assert told == "± 0.12 (standard error), K = 5,000"


# ---- beside the pages ----------------------------------------------------------------------------


def digits_run(tmp_path, name="one", dataset="digits"):
    from family_runs import make_family_run

    run = make_family_run("vae", tmp_path, name)
    if dataset != "digits":
        config = json.loads((run.directory / "config.json").read_text())
        config["data"]["dataset"] = dataset
        (run.directory / "config.json").write_text(json.dumps(config))
    return run


def wait_for(measurer, run, *states):
    stop_at = time.monotonic() + 120
    while (now := measurer.look(run)).state not in states:
        assert time.monotonic() < stop_at, now
        time.sleep(0.05)
    return now


def test_runs_are_measured_one_after_the_other(tmp_path):
    from vae.measures.background import Measurer

    first, second = digits_run(tmp_path), digits_run(tmp_path, "two", "none-such")
    measurer = Measurer()
    assert measurer.look(first).state == "none"
    measurer.submit(first, 2)
    measurer.submit(second, 2)
    measurer.submit(second, 2)
    assert measurer.look(second).state == "queued"
    wait_for(measurer, first, "none", "failed")
    assert read(first)["details"]["log_likelihood"]["num_samples"] == 2
    assert "none-such" in wait_for(measurer, second, "failed").error
    assert read(second) is None


def test_measuring_is_stopped(tmp_path):
    from vae.measures.background import Measurer

    first, second = digits_run(tmp_path), digits_run(tmp_path, "two")
    measurer = Measurer()
    measurer.submit(first, 5000)
    measurer.submit(second, 2)
    measurer.stop(second)
    assert measurer.look(second).state == "none"
    measurer.stop(first)
    assert wait_for(measurer, first, "none", "failed").state == "none"
    assert read(first) is None
    assert read(second) is None


def test_no_process_to_be_had(tmp_path, monkeypatch):
    from vae.measures.background import Measurer

    monkeypatch.setattr("sys.executable", "/nowhere/python")
    run = digits_run(tmp_path)
    measurer = Measurer()
    measurer.submit(run, 2)
    assert "no process could be started" in wait_for(measurer, run, "failed").error


def test_the_worker_ends_when_nobody_listens(tmp_path, trained, monkeypatch, capsys):
    from vae.measures import worker

    monkeypatch.setattr("sys.argv", ["worker"])
    assert worker.main() == 2
    monkeypatch.setattr("sys.argv", ["worker", str(trained.directory), "0"])
    assert worker.main() == 2
    assert "at least one sample" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["worker", str(trained.directory), "2"])
    assert worker.main() == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == ["Done", 1.0]
    assert read(trained) is not None

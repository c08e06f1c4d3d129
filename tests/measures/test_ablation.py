"""What each neuron does, against setting its weights to zero."""

import copy
import math
from functools import partial

import pytest
import torch
from small_models import untrained

from vae.data import Split
from vae.errors import ConfigError
from vae.measures.ablation import ablate
from vae.models.losses import gaussian_kl
from vae.training.metrics import EVAL_SEED

model_of = partial(untrained, hidden=(9, 6))

pytestmark = pytest.mark.usefixtures("one_thread")


def without(model, place, neuron, x, labels, eps):
    """-ELBO of each image by hand, with the row of the neuron set to zero."""
    other = copy.deepcopy(model)
    if neuron is not None:
        with torch.no_grad():
            other.encoder[place].weight[neuron] = 0
            other.encoder[place].bias[neuron] = 0
    with torch.inference_mode():
        mu, logvar = other.encode(x, labels)
        z = mu + torch.exp(0.5 * logvar) * eps
        recon = other.recon_loss(other.decode(z, labels), x).mean(0)
        return (recon + gaussian_kl(mu, logvar)).double()


@pytest.mark.parametrize(
    ("family", "given", "layer", "place"),
    [
        ("growing-vae", {}, 0, 1),
        ("vae", {"likelihood": "gaussian"}, 1, 3),
        ("beta-vae", {}, 1, 3),
        ("cvae", {}, 0, 1),
        ("vae", {"arch": "conv", "hidden": (3,)}, 0, 3),
    ],
)
@pytest.mark.parametrize("samples", [1, 3])
def test_ablation_is_what_zeroing_a_neuron_does(digits, family, given, layer, place, samples):
    model = model_of(family, **given)
    split = digits.test[:25]
    found = ablate(model, layer, split, worst=4, num_samples=samples)
    x, labels = split.images.float() / 255, split.labels
    eps = torch.randn(samples, 25, 3, generator=torch.Generator().manual_seed(EVAL_SEED))
    whole = without(model, place, None, x, labels, eps)
    assert found.baseline == pytest.approx(whole.mean().item(), rel=1e-5)
    neurons = model.encoder[place].out_features
    assert found.change.shape == (neurons,)
    assert found.worst.shape == found.worst_change.shape == (neurons, 4)
    for neuron in range(min(neurons, 12)):
        change = without(model, place, neuron, x, labels, eps) - whole
        assert found.change[neuron].item() == pytest.approx(change.mean().item(), abs=2e-5)
        error = change.std().item() / math.sqrt(25)
        assert found.error[neuron].item() == pytest.approx(error, abs=2e-5)
        best = change.sort(descending=True).values[:4].float()
        torch.testing.assert_close(found.worst_change[neuron], best, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(change[found.worst[neuron]].float(), best, atol=1e-4, rtol=1e-4)


def test_a_dead_neuron_changes_nothing_and_the_one_that_does_all_is_missed(digits):
    model = model_of("vae")
    with torch.no_grad():
        model.encoder[1].bias[2] = -1e6
    found = ablate(model, 0, digits.test[:30])
    assert (found.change[2], found.active[2], found.error[2]) == (0, 0, 0)
    assert (found.worst_change[2] == 0).all()
    assert found.active.max() > 0.5


def test_ablation_in_small_batches_is_the_same(digits, monkeypatch):
    model, split = model_of("vae"), digits.test[:23]
    whole = ablate(model, 0, split, worst=23)
    monkeypatch.setattr("vae.measures.ablation.MAX_DECODED", 5)
    small = ablate(model, 0, split, worst=23)
    torch.testing.assert_close(small.change, whole.change, atol=1e-5, rtol=1e-4)
    assert sorted(small.worst[0].tolist()) == list(range(23))
    monkeypatch.setattr("vae.measures.ablation.MAX_HELD", 60)
    # Noise is drawn batch by batch, so that one of another size is another draw of one sample.
    again = ablate(model, 0, split, worst=23)
    torch.testing.assert_close(again.active, whole.active)
    assert sorted(again.worst[0].tolist()) == list(range(23))
    assert torch.equal(again.worst_change, again.worst_change.sort(1, descending=True).values)


def test_ablation_leaves_the_model_as_it_was(digits):
    model = model_of("vae")
    before = copy.deepcopy(model.state_dict())
    first = ablate(model, 1, digits.test[:8])
    assert torch.equal(ablate(model, 1, digits.test[:8]).change, first.change)
    assert not any(part._forward_hooks for part in model.modules())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_ablation_of_a_single_image(digits):
    found = ablate(model_of("vae"), 0, digits.test[:1])
    assert found.worst.shape == (9, 1)
    assert found.error.isnan().all()


def test_ablation_that_cannot_be_is_refused(digits):
    split = digits.test[:5]
    with pytest.raises(ConfigError, match="ae has no ELBO"):
        ablate(model_of("ae"), 0, split)
    for layer in (-1, 2):
        with pytest.raises(ConfigError, match=f"no hidden dense layer {layer}: choose one of 2"):
            ablate(model_of("vae"), layer, split)
    for given in ({"worst": 0}, {"num_samples": 0}):
        with pytest.raises(ConfigError, match="at least one"):
            ablate(model_of("vae"), 0, split, **given)
    with pytest.raises(ConfigError, match="no images"):
        ablate(model_of("vae"), 0, Split(split.images[:0], split.labels[:0]))

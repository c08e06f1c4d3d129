"""What neurons are worth, measured beside the page, and the encoder as a drawing."""

import threading
from base64 import b64decode

import pytest
import torch
from waiting import wait

from vae.data import load
from vae.errors import ConfigError
from vae.measures.ablation import ablate
from vae.models import LatentModel, build, configure
from vae.runs.threads import Threads
from vae.ui.grow.ablate import measure, with_and_without
from vae.ui.grow.drawing import drawing, neurons_a_node

WAIT_S = 60.0


@pytest.fixture
def model() -> LatentModel:
    """A VAE with two hidden layers, for the embedded digits."""
    torch.manual_seed(3)
    return build(configure("vae", hidden=(12, 6), latent_dim=2, image_shape=(1, 8, 8))).eval()


@pytest.fixture
def ablations() -> Threads:
    return Threads("ablate")


def test_measuring_copies_the_model_and_tells_how_far_it_is(model, monkeypatch):
    monkeypatch.setattr("vae.measures.ablation.MAX_DECODED", 40)
    monkeypatch.setattr("vae.ui.grow.ablate.MAX_DECODED", 40)
    split = load("digits").test[:60]
    shares: list[float] = []
    found = measure(model, 0, split, shares.append)
    torch.testing.assert_close(found.change, ablate(model, 0, split).change)
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert len(shares) > 3
    assert 0.8 < shares[-1] < 1
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())


def test_measurements_wait_stop_fail_and_stay(model, ablations):
    split = load("digits").test[:40]
    go = threading.Event()

    def work(layer):
        return lambda report: measure(model, layer, split, report)

    def slow(report):
        go.wait(WAIT_S)
        return measure(model, 0, split, report)

    def fail(report):
        raise ConfigError("no such thing.")

    ablations.submit(("a", 0), slow)
    ablations.submit(("b", 0), work(0))
    ablations.submit(("c", 0), fail)
    ablations.submit(("d", 0), work(7))
    wait(lambda: ablations.look(("a", 0)).state == "running")
    assert ablations.look(("b", 0)).state == "queued"
    ablations.stop(("a", 0))
    ablations.stop(("b", 0))
    assert ablations.look(("a", 0)).state == "none"
    go.set()
    wait(lambda: ablations.look(("d", 0)).state == "failed")
    assert ablations.look(("b", 0)).state == "none"
    assert ablations.look(("c", 0)).error == "no such thing."
    assert "no hidden dense layer 7" in ablations.look(("d", 0)).error
    ablations.submit(("d", 0), work(0))
    wait(lambda: ablations.look(("d", 0)).state == "done")
    result = ablations.look(("d", 0)).result
    ablations.submit(("d", 0), fail)
    ablations.stop(("d", 0))
    assert ablations.look(("d", 0)).result is result


def test_pictures_without_a_neuron(model):
    split = load("digits").test[:5]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    whole, without = with_and_without(model, 1, 2, split)
    assert whole.shape == without.shape == (5, 1, 8, 8)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    x = split.images.float() / 255
    first, second, head = (model.encoder[place] for place in (1, 3, 5))
    with torch.inference_mode():
        said = torch.relu(second(torch.relu(first(x.flatten(1)))))
        said[:, 2] = 0
        mu = head(said).chunk(2, dim=-1)[0]
        expected = torch.sigmoid(model.decode(mu))
        torch.testing.assert_close(without, expected)
        torch.testing.assert_close(whole, model.reconstruct(x))


# --- the drawing


@pytest.mark.parametrize(
    ("sizes", "unit"), [((256, 128), 8), ((512, 256), 16), ((12, 6), 1), ((32,), 1), ((33,), 8)]
)
def test_a_node_stands_for_so_many_neurons_that_all_can_be_drawn(sizes, unit):
    assert neurons_a_node(sizes) == unit
    assert max(sizes) / unit <= 32


def test_the_drawing_has_a_node_for_each_share_of_neurons():
    shown = drawing(784, (64, 32), (32, 16), (256, 128), 20, parameters=123)
    svg = b64decode(shown.split("base64,")[1].split('"')[0]).decode()
    circles = svg.count("<circle")
    assert circles == 32 + 16
    assert svg.count("#e76300") == 4 + 2
    assert svg.count("#3f90da") == 4 + 2
    assert "hidden layers of 64 and 32 neurons, of 256 and 128 in the end, 32 and 16" in shown

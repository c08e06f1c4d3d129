"""Dense layers of a live network that gain and lose neurons, and its optimiser."""

import copy
import math

import numpy as np
import pytest
import torch
from small_models import SHAPE, seeded
from torch import nn

from vae.errors import ConfigError
from vae.models.nets import conv_encoder, mlp_encoder
from vae.models.surgery import (
    dense_layers,
    expand_layer,
    hidden_sizes,
    neurons_to_keep,
    shrink_layer,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def net():
    torch.manual_seed(0)
    return mlp_encoder(SHAPE, (10, 7), 6)


@pytest.fixture
def x():
    return torch.rand(20, *SHAPE, generator=seeded(1))


def stepped(net, x, steps=3):
    """An Adam that has made some steps on a network."""
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2, fused=True)
    for _ in range(steps):
        step(net, x, optimizer)
    return optimizer


def step(net, x, optimizer):
    optimizer.zero_grad(set_to_none=True)
    (net(x) - 1).square().mean().backward()
    optimizer.step()


def weights_of(net):
    return {name: value.detach().clone() for name, value in net.named_parameters()}


def moments_of(net, optimizer):
    return {
        name: {key: entry.clone() for key, entry in optimizer.state[value].items()}
        for name, value in net.named_parameters()
        if value in optimizer.state
    }


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("outgoing", ["he", "zero"])
def test_old_weights_stay_to_the_last_bit_and_neighbours_are_joined(net, x, index, outgoing):
    before, said = weights_of(net), net(x)
    expand_layer(net, index, 5, outgoing=outgoing, generator=seeded())
    sizes = [10, 7]
    sizes[index] += 5
    assert hidden_sizes(net) == tuple(sizes)
    assert [tuple(layer.weight.shape) for layer in dense_layers(net)] == [
        (sizes[0], 64),
        (sizes[1], sizes[0]),
        (6, sizes[1]),
    ]
    for layer in dense_layers(net):
        assert layer.weight.shape == (layer.out_features, layer.in_features)
        assert layer.bias.shape == (layer.out_features,)
    for name, now in net.named_parameters():
        old = before[name]
        assert torch.equal(now[tuple(slice(size) for size in old.shape)], old), name
    grown, following = dense_layers(net)[index : index + 2]
    assert (grown.bias[-5:] == 0).all()
    assert (grown.weight[-5:] != 0).all()
    if outgoing == "zero":
        assert (following.weight[:, -5:] == 0).all()
        torch.testing.assert_close(net(x), said, atol=1e-6, rtol=0)
    else:
        assert (following.weight[:, -5:] != 0).all()
        assert not torch.allclose(net(x), said, atol=1e-2)


def test_new_weights_have_the_variance_of_he():
    net = mlp_encoder((1, 20, 20), (1000, 30), 40)
    expand_layer(net, 0, 1000, generator=seeded())
    first, second, _ = dense_layers(net)
    new = first.weight[1000:]
    assert new.var().item() == pytest.approx(2 / 400, rel=0.02)
    assert abs(new.mean().item()) < 4 * math.sqrt(2 / 400 / new.numel())
    # The fan-in of the next layer is what it has now, old and new neurons together.
    out = second.weight[:, 1000:]
    assert out.var().item() == pytest.approx(2 / 2000, rel=0.04)


def test_the_same_generator_draws_the_same_and_leaves_the_global_one_alone(net):
    other = copy.deepcopy(net)
    state = torch.get_rng_state()
    expand_layer(net, 0, 3, generator=seeded(4))
    expand_layer(other, 0, 3, generator=seeded(4))
    assert torch.equal(torch.get_rng_state(), state)
    for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_carried_moments_keep_the_old_and_begin_with_zero(net, x):
    optimizer = stepped(net, x)
    before = moments_of(net, optimizer)
    expand_layer(net, 0, 4, optimizer=optimizer, moments="carried", generator=seeded())
    after = moments_of(net, optimizer)
    assert after.keys() == before.keys() == weights_of(net).keys()
    assert len(optimizer.state) == len(before)
    for name, weight in net.named_parameters():
        for key in ("exp_avg", "exp_avg_sq"):
            old, new = before[name][key], after[name][key]
            assert new.shape == weight.shape
            corner = tuple(slice(size) for size in old.shape)
            assert torch.equal(new[corner], old)
            assert new.count_nonzero() == old.count_nonzero()  # nothing but zeros beside it
        assert after[name]["step"] == before[name]["step"] == 3


def test_fresh_moments_are_those_of_a_new_optimiser(net, x):
    optimizer = stepped(net, x)
    expand_layer(net, 1, 4, optimizer=optimizer, moments="fresh", generator=seeded())
    assert not optimizer.state
    other = copy.deepcopy(net)
    step(net, x, optimizer)
    step(other, x, torch.optim.Adam(other.parameters(), lr=1e-2, fused=True))
    for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("moments", ["fresh", "carried"])
@pytest.mark.parametrize("change", ["expand", "shrink"])
def test_the_optimiser_goes_on_with_all_weights_in_their_order(net, x, moments, change):
    optimizer = stepped(net, x)
    if change == "expand":
        expand_layer(net, 0, 4, optimizer=optimizer, moments=moments, generator=seeded())
    else:
        shrink_layer(net, 0, 4, optimizer=optimizer, moments=moments)
    held = [weight for group in optimizer.param_groups for weight in group["params"]]
    assert all(a is b for a, b in zip(held, net.parameters(), strict=True))
    before = weights_of(net)
    for _ in range(2):
        step(net, x, optimizer)
    for name, now in net.named_parameters():
        assert now.requires_grad
        assert (now != before[name]).any(), name
    first, second, _ = dense_layers(net)
    if change == "expand":
        assert (first.weight[10:] != before["1.weight"][10:]).any()
        assert (second.weight[:, 10:] != before["3.weight"][:, 10:]).any()
    assert first.weight.grad.shape == first.weight.shape


def test_a_step_after_the_change_is_that_of_adam_by_its_formula(net, x):
    """Old entries go on with their moments; a new one has only this gradient in its own."""
    optimizer = stepped(net, x, steps=5)
    expand_layer(net, 1, 2, optimizer=optimizer, moments="carried", generator=seeded())
    layer = dense_layers(net)[1]
    before, state = layer.weight.detach().clone(), optimizer.state[layer.weight]
    m, v = (state[key].clone() for key in ("exp_avg", "exp_avg_sq"))
    step(net, x, optimizer)
    grad = layer.weight.grad
    m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad.square()
    m_hat, v_hat = m / (1 - 0.9**6), v / (1 - 0.999**6)
    expected = before - 1e-2 * m_hat / (v_hat.sqrt() + 1e-8)
    torch.testing.assert_close(layer.weight.detach(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("rule", ["first", "norm"])
@pytest.mark.parametrize("index", [0, 1])
def test_shrinking_is_slicing(net, x, rule, index):
    optimizer = stepped(net, x)
    before, moments = weights_of(net), moments_of(net, optimizer)
    layers = dense_layers(net)
    names = [f"{place}" for place, part in enumerate(net) if isinstance(part, nn.Linear)]
    if rule == "first":
        kept = [0, 1, 2]
    else:
        norms = layers[index + 1].weight.detach().square().sum(0).numpy()
        kept = sorted(np.argsort(-norms)[:3].tolist())
        assert kept != [0, 1, 2]
    shrink_layer(net, index, 3, rule=rule, optimizer=optimizer, moments="carried")
    expected = dict(before)
    here, following = names[index], names[index + 1]
    expected[f"{here}.weight"] = before[f"{here}.weight"][kept]
    expected[f"{here}.bias"] = before[f"{here}.bias"][kept]
    expected[f"{following}.weight"] = before[f"{following}.weight"][:, kept]
    for name, weight in net.named_parameters():
        assert torch.equal(weight, expected[name]), name
        assert optimizer.state[weight]["step"] == 3
    mean = moments[f"{following}.weight"]["exp_avg"][:, kept]
    assert torch.equal(optimizer.state[layers[index + 1].weight]["exp_avg"], mean)
    assert net(x).shape == (20, 6)


def test_of_equal_norms_the_first_are_kept(net):
    with torch.no_grad():
        dense_layers(net)[1].weight.fill_(1.0)
        dense_layers(net)[1].weight[:, 9] = 2.0
    assert neurons_to_keep(net, 0, 4, "norm").tolist() == [0, 1, 2, 9]


@pytest.mark.parametrize("index", [0, 1])
def test_growing_and_shrinking_back_changes_nothing(net, x, index):
    optimizer = stepped(net, x)
    before, moments = weights_of(net), moments_of(net, optimizer)
    size = hidden_sizes(net)[index]
    expand_layer(net, index, 6, optimizer=optimizer, moments="carried")
    shrink_layer(net, index, size, optimizer=optimizer, moments="carried")
    for name, weight in net.named_parameters():
        assert torch.equal(weight, before[name])
        for key, entry in optimizer.state[weight].items():
            assert torch.equal(entry, moments[name][key])


@pytest.mark.parametrize("index", [-1, 2, 7])
def test_a_layer_that_is_not_there_is_refused(net, index):
    for change in (expand_layer, shrink_layer):
        with pytest.raises(ConfigError, match=f"no hidden layer {index}: choose one of 2"):
            change(net, index, 1)


def test_a_convolution_is_refused_and_the_dense_layer_behind_it_is_not():
    net = conv_encoder(SHAPE, (4, 8), 6)
    for index in (0, 1):
        with pytest.raises(ConfigError, match="only dense layers"):
            expand_layer(net, index, 1)
    expand_layer(net, 2, 3)
    assert hidden_sizes(net) == (259,)
    assert net(torch.zeros(2, *SHAPE)).shape == (2, 6)


@pytest.mark.parametrize("count", [0, -3])
def test_numbers_that_are_no_neurons_are_refused(net, count):
    with pytest.raises(ConfigError, match="1 or more"):
        expand_layer(net, 0, count)
    with pytest.raises(ConfigError, match="keep 1 or more"):
        shrink_layer(net, 0, count)
    with pytest.raises(ConfigError, match="10 at most"):
        shrink_layer(net, 0, 11)
    assert hidden_sizes(net) == (10, 7)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_on_another_device_the_same_weights_are_drawn(net, x, device):
    if not getattr(torch, device).is_available():
        pytest.skip(f"there is no {device} here")
    there = copy.deepcopy(net).to(device)
    optimizer = stepped(there, x.to(device))
    kept = weights_of(there)
    expand_layer(there, 0, 5, optimizer=optimizer, moments="carried", generator=seeded(3))
    expand_layer(net, 0, 5, generator=seeded(3))
    new = dense_layers(there)[0].weight
    assert new.device.type == device
    assert torch.equal(new[10:].cpu(), dense_layers(net)[0].weight[10:])
    assert torch.equal(new[:10], kept["1.weight"])
    state = optimizer.state[new]
    assert {entry.device.type for entry in state.values()} == {device}
    step(there, x.to(device), optimizer)


def test_a_grown_network_moves_to_another_precision_whole(net, x):
    expand_layer(net, 0, 5, generator=seeded())
    net.double()
    expand_layer(net, 1, 2, generator=seeded())
    assert {weight.dtype for weight in net.parameters()} == {torch.float64}
    assert net(x.double()).dtype == torch.float64

"""Bodies of encoders and decoders for every image shape, and their first weights."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vae.models.nets import ARCHS, conv_decoder, initialise, mlp_decoder, mlp_encoder


@settings(max_examples=40)
@given(
    arch=st.sampled_from(list(ARCHS)),
    channels=st.sampled_from([1, 3]),
    height=st.integers(4, 33),
    width=st.integers(4, 33),
    latent=st.integers(1, 24),
    data=st.data(),
)
def test_shapes_hold_for_every_image_size(arch, channels, height, width, latent, data):
    most = int(math.log2(min(height, width))) if arch == "conv" else 3
    hidden = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=most)))
    make_encoder, make_decoder = ARCHS[arch]
    shape = (channels, height, width)
    x, z = torch.rand(2, *shape), torch.randn(3, latent)
    assert make_encoder(shape, hidden, 2 * latent)(x).shape == (2, 2 * latent)
    assert make_decoder(latent, hidden, shape)(z).shape == (3, *shape)


def test_mlp_has_the_layers_of_its_hidden_sizes():
    encoder = mlp_encoder((1, 28, 28), (512, 256), 4)
    decoder = mlp_decoder(2, (512, 256), (1, 28, 28))

    def sizes(body):
        return [(m.in_features, m.out_features) for m in body if isinstance(m, nn.Linear)]

    assert sizes(encoder) == [(784, 512), (512, 256), (256, 4)]
    assert sizes(decoder) == [(2, 256), (256, 512), (512, 784)]
    assert sum(isinstance(m, nn.ReLU) for m in encoder) == 2
    # The last layer gives logits: no ReLU behind it.
    assert isinstance(encoder[-1], nn.Linear)
    assert isinstance(decoder[-1], nn.Unflatten)


def test_conv_decoder_ends_in_logits_that_can_be_negative():
    torch.manual_seed(0)
    logits = conv_decoder(2, (8, 16), (1, 28, 28))(torch.randn(50, 2))
    assert logits.min() < 0 < logits.max()


@pytest.mark.parametrize(("scheme", "gain"), [("he", 2.0), ("lecun", 1.0)])
def test_initialise_draws_weights_by_fan_in(scheme, gain):
    torch.manual_seed(0)
    linear = nn.Linear(400, 300)
    conv = nn.Conv2d(16, 64, 4)
    transposed = nn.ConvTranspose2d(64, 32, 4, stride=2)
    initialise(nn.Sequential(linear, conv, transposed, nn.Conv2d(1, 1, 1, bias=False)), scheme)
    for part, fan_in in ((linear, 400), (conv, 16 * 16), (transposed, 64 * 4)):
        expected = math.sqrt(gain / fan_in)
        assert part.weight.std().item() == pytest.approx(expected, rel=0.05)
        assert abs(part.weight.mean().item()) < expected / 10
        assert not part.bias.any()


def test_initialise_torch_keeps_the_weights_as_they_are():
    part = nn.Linear(5, 5)
    before = part.weight.clone()
    initialise(part, "torch")
    assert torch.equal(part.weight, before)
    with pytest.raises(KeyError):
        initialise(part, "nosuch")


def test_he_keeps_the_size_of_activations_through_a_deep_body():
    torch.manual_seed(0)
    body = mlp_encoder((1, 20, 20), (400,) * 6, 400)
    initialise(body, "he")
    x = torch.randn(200, 1, 20, 20)
    assert 0.4 < body(x).square().mean().item() / (2 * x.square().mean().item()) < 2.5

"""The drawing's data of a network agree with the network itself."""

import pytest
import torch
from torch import nn

from vae.models import FAMILIES, build, configure
from vae.models.architecture import architecture


@pytest.mark.parametrize("arch", ["mlp", "conv"])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_has_the_weights_and_sizes_of_the_model(family, arch):
    hidden = {"mlp": (40, 20), "conv": (6, 12)}[arch]
    growing = {"growth": None} if FAMILIES[family].model.grows else {}
    if growing and arch == "conv":
        pytest.skip("a convolutional encoder does not grow")
    config = configure(
        family, num_classes=10, arch=arch, hidden=hidden, image_shape=(1, 28, 28), **growing
    )
    found, model = architecture(config), build(config)
    assert found.weights == sum(each.numel() for each in model.parameters() if each.requires_grad)
    for name, net in (("encoder", found.encoder), ("decoder", found.decoder)):
        real = model.get_submodule(name)
        assert isinstance(real, nn.Sequential)
        assert net.weights == sum(each.numel() for each in real.parameters())
        assert len(net.layers) == len(real)
        h = torch.zeros(1, *net.input)
        for part, layer in zip(real, net.layers, strict=True):
            h = part(h)
            assert tuple(h.shape[1:]) == layer.size
    assert found.decoder.layers[-1].size == (1, 28, 28)


def test_a_dense_network_in_numbers():
    config = configure("vae", hidden=(512, 256), latent_dim=2, image_shape=(1, 28, 28))
    encoder = architecture(config).encoder
    assert encoder.input == (1, 28, 28)
    assert [(layer.kind, layer.size, layer.weights) for layer in encoder.layers] == [
        ("reshape", (784,), 0),
        ("linear", (512,), 784 * 512 + 512),
        ("relu", (512,), 0),
        ("linear", (256,), 512 * 256 + 256),
        ("relu", (256,), 0),
        ("linear", (4,), 256 * 4 + 4),
    ]

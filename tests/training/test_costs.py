"""What each image costs, against the model's own pieces."""

import pytest
import torch
from small_models import SHAPE, untrained
from torch import Generator

from vae.models import FAMILIES
from vae.models.losses import gaussian_kl
from vae.training.costs import cost_at_code, cost_of_codes, cost_over_samples


@pytest.mark.parametrize("family", FAMILIES)
def test_costs_of_every_family(family):
    model = untrained(family, num_classes=3)
    x, labels = torch.rand(5, *SHAPE), torch.tensor([0, 1, 2, 0, 1])
    with torch.no_grad():
        at_code = cost_at_code(model, x, labels)
        sampled = cost_over_samples(model, x, 400, Generator().manual_seed(1), labels)
        whole = model.loss(x, 1, Generator().manual_seed(1), labels)
        mu, logvar = model.encode(x, labels)
    assert at_code.recon_loss.shape == sampled.recon_loss.shape == (5,)
    if not model.is_continuous:
        torch.testing.assert_close(at_code, sampled)
        torch.testing.assert_close(at_code.recon_loss, whole.recon_loss)
        torch.testing.assert_close(at_code.kl, whole.kl)
        return
    expected = model.recon_loss(model.decode(mu, labels), x)
    torch.testing.assert_close(at_code.recon_loss, expected)
    torch.testing.assert_close(cost_of_codes(model, mu, logvar, x, labels), at_code)
    if logvar is None:
        assert at_code.kl is None
        assert at_code.elbo is None
        torch.testing.assert_close(sampled.recon_loss, expected)
        return
    torch.testing.assert_close(at_code.kl, gaussian_kl(mu, logvar))
    torch.testing.assert_close(sampled.kl, at_code.kl)
    torch.testing.assert_close(at_code.elbo, -expected - at_code.kl)
    with torch.no_grad():
        z = model.reparameterize(mu, logvar, 4000, Generator().manual_seed(2))
        mean = model.recon_loss(model.decode(z, labels), x).mean(0)
    torch.testing.assert_close(sampled.recon_loss, mean, rtol=0.02, atol=0.2)

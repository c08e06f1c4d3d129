"""Autoencoders whose codes are points: plain, sparse, denoising and contractive."""

from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from vae.config import ModelConfig
from vae.locale import N_
from vae.models.base import LatentModel, LossTerms, Output
from vae.models.corruption import corrupt
from vae.models.losses import bernoulli_kl, bernoulli_nll, squared_error
from vae.models.nets import autoencoder_nets

NO_PRIOR = N_("An autoencoder gives its codes no prior, so there is no KL.")
NO_BOUND = N_("An autoencoder gives its codes no prior, so there is no bound on a likelihood.")
_MOMENTUM = 0.01


class Autoencoder(LatentModel):
    """Undercomplete autoencoder: an image is squeezed through ``latent_dim`` numbers and back.

    The objective is the reconstruction loss alone: the mean squared error per pixel, or the binary
    cross-entropy in nats summed over pixels. Nothing says where in latent space codes should lie,
    so there is no distribution to draw new ones from; :meth:`draw_codes` draws from a Gaussian
    with the mean and deviation that the training codes happen to have.

    References
    ----------
    Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks",
    Science 313, 2006; Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 14.1.
    """

    options: ClassVar[tuple[str, ...]] = ("reconstruction",)
    has_prior = False
    takes_samples = False
    not_applicable: ClassVar[Mapping[str, str]] = {"elbo": NO_BOUND, "kl": NO_PRIOR}

    code_mean: Tensor
    code_std: Tensor
    batches_seen: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.encoder, self.decoder = autoencoder_nets(config, config.latent_dim)
        self.register_buffer("code_mean", torch.zeros(config.latent_dim))
        self.register_buffer("code_std", torch.ones(config.latent_dim))
        self.register_buffer("batches_seen", torch.zeros(()))

    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Return the codes ``(B, latent_dim)``, and None: they are points."""
        code: Tensor = self.encoder(x)
        return code, None

    def recon_loss(self, logits: Tensor, x: Tensor) -> Tensor:
        """Return the squared error per pixel, or the cross-entropy in nats, of each image."""
        if self.config.reconstruction == "bce":
            return bernoulli_nll(logits, x)
        return squared_error(torch.sigmoid(logits), x)

    def forward(
        self,
        x: Tensor,
        labels: Tensor | None = None,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Output:
        """Return what the reconstruction of each image costs, and the penalty if there is one."""
        seen = self.corrupt_input(x, generator)
        code = self.encode(seen)[0].float()
        logits = self.decode(code).float()
        recon_loss = self.recon_loss(logits, x)
        penalty = self.penalty(seen, code, generator)
        if self.training:
            self._note(code.detach())
        loss = recon_loss if penalty is None else recon_loss + penalty
        return Output(LossTerms(loss, recon_loss, None, penalty), logits[None], code, None)

    def corrupt_input(self, x: Tensor, generator: Generator | None) -> Tensor:
        return x

    def penalty(self, x: Tensor, code: Tensor, generator: Generator | None) -> Tensor | None:
        """Return what each code ``(B, d)`` of ``x`` costs beside its reconstruction: ``(B,)``."""
        return None

    @torch.no_grad()
    def _note(self, code: Tensor) -> None:
        """Follow mean and deviation of the codes; the first batches count as a plain mean."""
        self.batches_seen += 1
        weight = torch.clamp(1 / self.batches_seen, min=_MOMENTUM)
        self.code_mean.lerp_(code.mean(0), weight)
        self.code_std.lerp_(code.std(0, unbiased=False), weight)

    def draw_codes(self, count: int, generator: Generator, temperature: float = 1.0) -> Tensor:
        """Draw codes from a Gaussian fitted to those of the training images: ``(n, d)``.

        It is no prior: nothing in the training has asked the codes to look like it.
        """
        z = super().draw_codes(count, generator, temperature)
        return self.code_mean + self.code_std * z


class SparseAutoencoder(Autoencoder):
    """Sparse autoencoder: few units of the code, which may have more units than pixels, are on.

    ``sparsity="l1"``: the code is ``relu(h)`` and costs ``sparsity_weight * sum_j |code_j|``.
    ``sparsity="kl"``: the code is ``sigmoid(h)`` and costs ``sparsity_weight * sum_j KL(rho ||
    rho_j)``, rho the target activation and rho_j the mean activation of unit j over the batch, so
    that this penalty is the same for each image of a batch.

    References
    ----------
    Ng, "Sparse autoencoder", CS294A lecture notes, 2011, section 3 (the KL penalty); Goodfellow,
    Bengio and Courville, "Deep Learning", 2016, section 14.2.1 (the L1 penalty).
    """

    options = ("reconstruction", "sparsity", "sparsity_weight", "sparsity_target")

    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        h = self.encoder(x)
        return (torch.relu(h) if self.config.sparsity == "l1" else torch.sigmoid(h)), None

    def penalty(self, x: Tensor, code: Tensor, generator: Generator | None) -> Tensor:
        if self.config.sparsity == "l1":
            return self.config.sparsity_weight * code.abs().sum(-1)
        rho = torch.full_like(code[0], self.config.sparsity_target)
        cost = self.config.sparsity_weight * bernoulli_kl(rho, code.mean(0)).sum()
        return cost.expand(len(code))


class DenoisingAutoencoder(Autoencoder):
    """Denoising autoencoder: it sees a corrupted image and is asked for the clean one.

    References
    ----------
    Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", ICML
    2008; "Stacked Denoising Autoencoders", JMLR 11, 2010, section 3.
    """

    options = ("reconstruction", "corruption")
    corrupts = True

    def corrupt_input(self, x: Tensor, generator: Generator | None) -> Tensor:
        return corrupt(x, self.config.corruption, generator)


class ContractiveAutoencoder(Autoencoder):
    """Contractive autoencoder: the code is asked to change little where the image does.

    The penalty is ``contraction * ||J||_F^2``, J the Jacobian of the code with respect to the
    pixels: exact for dense layers. For convolutions it is estimated without bias from one random
    projection, ``E_v ||v^T J||^2`` with v from N(0, I).

    References
    ----------
    Rifai et al., "Contractive Auto-Encoders: Explicit Invariance During Feature Extraction", ICML
    2011, equation 7; Hutchinson, "A stochastic estimator of the trace", 1990.
    """

    options = ("reconstruction", "contraction")

    def penalty(self, x: Tensor, code: Tensor, generator: Generator | None) -> Tensor:
        if self.config.arch == "mlp":
            return self.config.contraction * self.squared_jacobian(x)
        return self.config.contraction * self._projected(x, generator)

    def squared_jacobian(self, x: Tensor) -> Tensor:
        """Return ``||J||_F^2`` of a dense encoder at each image of ``x``: ``(B,)``.

        J is a product of the layers' weights, each masked by which ReLUs are open.
        """
        layers = [module for module in self.encoder if isinstance(module, nn.Linear)]
        h = x.flatten(1)
        masks = []
        for layer in layers[:-1]:
            h = layer(h)
            masks.append((h > 0).to(h.dtype))
            h = torch.relu(h)
        jacobian = layers[-1].weight.expand(len(x), -1, -1)  # (B, d, last hidden)
        for (before, _), mask in zip(
            reversed(list(pairwise(layers))), reversed(masks), strict=True
        ):
            jacobian = (jacobian * mask[:, None]) @ before.weight
        return jacobian.float().square().sum((1, 2))

    def _projected(self, x: Tensor, generator: Generator | None) -> Tensor:
        with torch.inference_mode(False), torch.enable_grad():
            pixels = x.detach().clone().requires_grad_()
            code = self.encode(pixels)[0].float()
            v = torch.randn(code.shape, device=code.device, generator=generator)
            (slope,) = torch.autograd.grad((code * v).sum(), pixels, create_graph=self.training)
        return slope.square().flatten(1).sum(-1)

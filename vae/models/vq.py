"""The vector-quantised autoencoder, with a prior over its codes."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from vae.config import ModelConfig
from vae.models.base import LossTerms, Output
from vae.models.code_prior import CodePrior, SteadyPrior
from vae.models.nets import GRID_ARCHS, grid_shape, initialise
from vae.models.pixels import LikelihoodModel

DECAY = 0.99
"""What a step keeps of the codebook's moving averages."""
DEAD_SHARE = 0.1
"""A code used less than this times its fair share 1/K is dead, and starts again."""


class VQVAE(LikelihoodModel):
    """Vector-quantised autoencoder: an image is a grid of codes out of a codebook of K vectors.

    The encoder makes a grid of vectors of ``latent_dim`` numbers, and each is replaced by the
    nearest of the ``codebook`` vectors e. The objective for each image, in nats, is ::

        -log p(x | e) + commitment * sum ||z - sg(e)||^2 + -log p(codes)

    summed over pixels, over the numbers of all vectors of the grid, and over the codes; sg stops
    the gradient. The gradient at e is handed to z as it is (straight through). The codebook is no
    weight: it follows the mean of the vectors that chose each code, as a moving average, and a code
    that is hardly chosen starts again at a vector of the batch. The last term trains the prior, a
    small autoregressive model of the codes row by row, and nothing else; outside of training, the
    moving average of its weights stands for it. As the posterior is one sure grid of codes, that
    term is KL(q(codes|x) || p(codes)), reported as ``kl``: so ``-recon_loss - kl`` is a lower bound
    of log p(x), and samples come from the prior.

    Convolutions give a grid of the image halved once for each hidden size (28 -> 14 -> 7 for
    two); dense layers give 4 x 4 vectors that belong to no place of the image.

    There is no one vector for an image: ``encode`` gives the mean of its grid, a summary for
    neighbours and maps, and ``decode`` fills the grid with the one vector it is given.

    References
    ----------
    van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017
    (arXiv:1711.00937), equation 3, and appendix A.1 for the moving averages; restarts: Dhariwal et
    al., "Jukebox", 2020 (arXiv:2005.00341), section 3.1, and Williams et al., "Hierarchical
    Quantized Autoencoders", 2020 (arXiv:2002.08111).
    """

    options: ClassVar[tuple[str, ...]] = (
        "likelihood",
        "variance",
        "sigma",
        "codebook",
        "commitment",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"arch": "conv", "latent_dim": 16}
    is_continuous = False
    takes_samples = False

    codebook: Tensor
    """``(K, latent_dim)``"""
    usage: Tensor
    """``(K,)``: moving average of the share of vectors that chose each code. It sums to about 1:
    a share, unlike a count, keeps its meaning in half precision and for batches of any size."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        make_encoder, make_decoder = GRID_ARCHS[config.arch]
        self.grid_shape = grid_shape(config.arch, config.hidden, config.image_shape)
        self.encoder = make_encoder(config.image_shape, config.hidden, config.latent_dim)
        self.decoder = make_decoder(config.latent_dim, config.hidden, config.image_shape)
        self.prior = CodePrior(math.prod(self.grid_shape), config.latent_dim, config.codebook)
        initialise(self, config.init)
        self.steady_prior = SteadyPrior(self.prior)
        # Never used: so all codes are dead, and start at vectors of the first batch.
        self.register_buffer("codebook", torch.zeros(config.codebook, config.latent_dim))
        self.register_buffer("usage", torch.zeros(config.codebook))

    def vectors(self, x: Tensor) -> Tensor:
        """Return the encoder's vectors before they are quantised: ``(B, h, w, latent_dim)``."""
        grid: Tensor = self.encoder(x).float()
        return grid.movedim(1, -1)

    def nearest(self, vectors: Tensor) -> Tensor:
        """Return which code is nearest to each vector: ``(..., latent_dim)`` to ``(...)``."""
        with torch.autocast(vectors.device.type, enabled=False):
            # The squared length of the vector itself is the same for all codes.
            distances = self.codebook.square().sum(-1) - 2 * vectors @ self.codebook.T
            return distances.argmin(-1)

    def indices(self, x: Tensor) -> Tensor:
        """Return the codes of images: ``(B, C, H, W)`` to ``(B, h, w)``, int64."""
        return self.nearest(self.vectors(x))

    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Return the mean code vector over the grid ``(B, latent_dim)``, a summary, and None."""
        return self._summary(self.indices(x)), None

    def _summary(self, indices: Tensor) -> Tensor:
        return self.codebook[indices].mean((-3, -2))

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the logits of images whose grid is filled with ``z``.

        ``(..., latent_dim)`` to ``(..., C, H, W)``. No image has such codes; see
        :meth:`decode_indices`.
        """
        everywhere = z[..., None, None, :].expand(*z.shape[:-1], *self.grid_shape, -1)
        return self.decode_vectors(everywhere)

    def decode_vectors(self, vectors: Tensor) -> Tensor:
        """Return logits: ``(..., h, w, latent_dim)`` to ``(..., C, H, W)``."""
        logits: Tensor = self.decoder(vectors.reshape(-1, *vectors.shape[-3:]).movedim(-1, 1))
        return logits.reshape(*vectors.shape[:-3], *self.config.image_shape)

    def decode_indices(self, indices: Tensor) -> Tensor:
        """Return logits of the images of codes: ``(..., h, w)`` to ``(..., C, H, W)``."""
        return self.decode_vectors(self.codebook[indices])

    def reconstruct(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return torch.sigmoid(self.decode_indices(self.indices(x)).float())

    def forward(
        self,
        x: Tensor,
        labels: Tensor | None = None,
        num_samples: int = 1,
        generator: Generator | None = None,
    ) -> Output:
        """Return the objective; in training, the codebook also follows the batch."""
        vectors = self.vectors(x)
        if self.training:
            self._restart(vectors.detach().flatten(0, 2), generator)
        indices = self.nearest(vectors.detach())
        codes = self.codebook[indices]  # a copy: what follows may change the codebook
        if self.training:
            self._follow(vectors.detach().flatten(0, 2), indices.flatten())
            self.steady_prior.follow(self.prior)
        penalty = self.config.commitment * (vectors - codes).square().flatten(1).sum(-1)
        logits = self.decode_vectors(straight_through(vectors, codes)).float()
        recon_loss = self.recon_loss(logits, x)
        prior = self.prior if self.training else self.steady_prior
        kl = prior.nll(indices.flatten(1), codes.flatten(1, 2))
        terms = LossTerms(recon_loss + penalty + kl, recon_loss, kl, penalty)
        return Output(terms, logits[None], codes.mean((1, 2)), None)

    @torch.no_grad()
    def _restart(self, vectors: Tensor, generator: Generator | None) -> None:
        """Put each dead code onto one of the batch's ``vectors`` ``(n, latent_dim)``."""
        fair = 1 / len(self.usage)
        dead = self.usage < DEAD_SHARE * fair
        # As many numbers are drawn whether codes are dead or not: so nothing waits for the device.
        rows = torch.randint(
            len(vectors), self.usage.shape, device=vectors.device, generator=generator
        )
        self.codebook.copy_(torch.where(dead[:, None], vectors[rows], self.codebook))
        self.usage.masked_fill_(dead, fair)

    @torch.no_grad()
    def _follow(self, vectors: Tensor, indices: Tensor) -> None:
        """Move usage and codebook towards the batch: ``(n, latent_dim)`` and ``(n,)``.

        With N_i the usage and m_i = N_i e_i, this is N_i <- g N_i + (1 - g) n_i, m_i <- g m_i +
        (1 - g) sum z, e_i <- m_i / N_i of appendix A.1, all divided by the number of vectors.
        """
        with torch.autocast(vectors.device.type, enabled=False):
            codes = torch.arange(len(self.usage), device=indices.device)
            # A product, as adding at indices has no fixed order on a GPU.
            chosen = (indices[:, None] == codes).to(vectors.dtype) / len(vectors)  # (n, K)
            share = chosen.sum(0)
            self.usage.lerp_(share, 1 - DECAY)
            change = chosen.T @ vectors - share[:, None] * self.codebook
            self.codebook += (1 - DECAY) * change / self.usage[:, None]

    @torch.inference_mode()
    def figures(self, mu: Tensor, images: Iterable[Tensor]) -> dict[str, float | int]:
        """Return ``perplexity`` and ``code_usage`` of the codebook over ``images``.

        The exponential of the entropy (nats) of how often each code is chosen, K at most; and the
        share of the codes that are chosen at all.
        """
        counts = torch.zeros(len(self.codebook), dtype=torch.int64, device=self.codebook.device)
        for x in images:
            counts += torch.bincount(self.indices(x).flatten(), minlength=len(counts))
        shares = counts.cpu().double() / counts.sum().cpu()
        return {
            "perplexity": float(torch.special.entr(shares).sum().exp()),
            "code_usage": float((shares > 0).double().mean()),
        }

    def draw_indices(self, count: int, generator: Generator, temperature: float = 1.0) -> Tensor:
        """Draw codes from the prior: ``(count, h, w)``, int64. ``generator`` is the CPU's."""
        drawn = self.steady_prior.draw(count, self.codebook, generator, temperature)
        return drawn.reshape(count, *self.grid_shape)

    def draw_codes(self, count: int, generator: Generator, temperature: float = 1.0) -> Tensor:
        """Return summaries, as of :meth:`encode`, of codes drawn from the prior: ``(n, d)``."""
        return self._summary(self.draw_indices(count, generator, temperature))

    def sample(
        self,
        count: int,
        generator: Generator,
        labels: Tensor | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        drawn = self.draw_indices(count, generator, temperature)
        return torch.sigmoid(self.decode_indices(drawn).float())


def straight_through(vectors: Tensor, codes: Tensor) -> Tensor:
    """Return ``codes``, with the gradient that arrives there handed to ``vectors`` unchanged.

    Bengio, Leonard and Courville, 2013 (arXiv:1308.3432); van den Oord et al. 2017, section 3.2.
    """
    return vectors + (codes - vectors).detach()

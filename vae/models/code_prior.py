"""An autoregressive distribution over a sequence of codes: the prior that a VQ-VAE learns."""

from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

STEADY = 0.01
"""Share of each step in the moving average of a prior's weights, once many steps are done."""
_FIRST_STEPS = 10
WIDTH = 64
LAYERS = 3
HEADS = 4


Past = tuple[Tensor, Tensor]
"""Keys and values of the places so far, each ``(B, heads, t, width / heads)``."""


class _Block(nn.Module):
    """Causal self-attention and a dense layer, each added to its normalised input."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.before_dense = nn.LayerNorm(width)
        self.dense = nn.Sequential(
            nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width)
        )

    def forward(self, h: Tensor) -> Tensor:
        """Return ``(B, T, width)``; what stands at a place depends on no later one."""
        return self.go_on(h, None)[0]

    def go_on(self, h: Tensor, past: Past | None) -> tuple[Tensor, Past]:
        """Return the same where a ``past`` goes before ``h``, and what is past then.

        After a past ``h`` is one place, ``(B, 1, width)``; without one, any number of them.
        """
        parts = self.query_key_value(self.before_attention(h)).chunk(3, dim=-1)
        # (B, T, width) -> (B, heads, T, width / heads)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        h = h + self.attended(mixed.transpose(1, 2).flatten(2))
        return h + self.dense(self.before_dense(h)), (k, v)


class CodePrior(nn.Module):
    """A small transformer: ``p(k_1, ..., k_T) = prod_t p(k_t | k_1, ..., k_(t-1))``.

    A code enters as its vector of the codebook, not as a number of its own: while the codebook
    still moves, what the prior has learned of a vector moves along.

    ``length``: T: codes of an image, row after row; ``dim``: numbers of a code vector;
    ``num_codes``: K: codes of the codebook.

    References
    ----------
    Vaswani et al., "Attention Is All You Need", 2017 (arXiv:1706.03762), the decoder alone;
    van den Oord et al., 2017 (arXiv:1711.00937), section 3.3, who take a PixelCNN.
    """

    def __init__(self, length: int, dim: int, num_codes: int) -> None:
        super().__init__()
        self.length = length
        self.enter = nn.Linear(dim, WIDTH)
        self.place = nn.Parameter(torch.zeros(length, WIDTH))
        self.blocks = nn.ModuleList(_Block(WIDTH, HEADS) for _ in range(LAYERS))
        self.leave = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, num_codes))

    def forward(self, before: Tensor) -> Tensor:
        """Return the logits of each code and of the next one after those given.

        ``before (B, t, dim)`` are the vectors of the first t < T codes; t may be 0. Returns
        ``(B, t + 1, K)``: at i, the logits of code i given the codes before it.
        """
        # An empty place ahead of all moves each code to where the next one is predicted.
        h = F.pad(self.enter(before), (0, 0, 1, 0)) + self.place[: before.shape[1] + 1]
        for block in self.blocks:
            h = block(h)
        logits: Tensor = self.leave(h)
        return logits

    def nll(self, indices: Tensor, vectors: Tensor) -> Tensor:
        """Return ``-log p(codes)`` in nats.

        ``indices``: ``(B, T)``, int64; ``vectors``: ``(B, T, dim)``: what stands in the codebook at
        ``indices``.

        Returns ``(B,)``: summed over the T codes.
        """
        logits = self(vectors[:, :-1]).float()
        return F.cross_entropy(logits.transpose(1, 2), indices, reduction="none").sum(-1)

    @torch.no_grad()
    def draw(
        self, count: int, codebook: Tensor, generator: Generator, temperature: float = 1.0
    ) -> Tensor:
        """Draw codes one after the other: ``(count, T)``, int64, on the device of ``codebook``.

        The codebook is ``(K, dim)``; the generator is the CPU's, so that every device draws from
        the same numbers. Logits are divided by the temperature: 1 is the prior itself, towards 0 it
        is the likeliest code each time.
        """
        pasts: list[Past | None] = [None] * len(self.blocks)
        h = self.place.new_zeros(count, 1, WIDTH)
        found = []
        for t in range(self.length):
            h = h + self.place[t]
            for i, block in enumerate(self.blocks):
                h, pasts[i] = cast(_Block, block).go_on(h, pasts[i])
            logits = self.leave(h)[:, 0].float().cpu()
            chances = torch.softmax(logits / max(temperature, 1e-6), dim=-1)
            drawn = torch.multinomial(chances, 1, generator=generator).to(codebook.device)
            found.append(drawn)  # (count, 1)
            h = self.enter(codebook[drawn])
        return torch.cat(found, dim=1)


class SteadyPrior(CodePrior):
    """A prior whose weights follow those of another that learns: their moving average.

    Adam's last step leaves a noise in the weights that adds up over the T draws of a sample; on
    average over the last hundred steps it is gone. Early on the average is shorter. The weights
    are buffers, so that no optimiser sees them.

    References
    ----------
    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM Journal on
    Control and Optimization 30, 1992.
    """

    steps: Tensor

    def __init__(self, learner: CodePrior) -> None:
        dim, num_codes = learner.enter.in_features, cast(nn.Linear, learner.leave[1]).out_features
        super().__init__(learner.length, dim, num_codes)
        theirs = dict(learner.named_modules())
        for path, module in list(self.named_modules()):
            for name, _ in list(module.named_parameters(recurse=False)):
                weight = getattr(theirs[path], name).detach().clone()
                delattr(module, name)
                module.register_buffer(name, weight)
        self.register_buffer("steps", torch.zeros(()))

    @torch.no_grad()
    def follow(self, learner: CodePrior) -> None:
        """Move each weight a step towards the learner's."""
        # Bounded, so that the number also fits half precision.
        self.steps.add_(1).clamp_(max=10_000)
        share = torch.clamp(_FIRST_STEPS / (_FIRST_STEPS + self.steps), min=STEADY)
        ours = dict(self.named_buffers())
        for name, weight in learner.named_parameters():
            ours[name].lerp_(weight, share)

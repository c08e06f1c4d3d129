"""The variational autoencoder whose encoder grows while it is trained."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Generator, nn
from torch.optim import Optimizer

from vae.config.growth import Change, GrowthConfig
from vae.models.nets import autoencoder_nets
from vae.models.surgery import expand_layer, hidden_sizes, shrink_layer, take_sizes
from vae.models.vae import VAE

_OWN_STREAM = 0x67726F77
"""Sets the draws of new weights apart from an epoch's order and noise, which have the same seed."""


class GrowingVAE(VAE):
    """Variational autoencoder whose encoder's hidden layers change size between epochs.

    ``config.growth`` says when and to what size; ``config.hidden`` is the target. The decoder has
    the target's size from the start. Without a schedule it is a :class:`~vae.models.vae.VAE`.

    References
    ----------
    Nguyen and Nguyen, project report on growing the encoder of a VAE, INSA Centre Val de Loire,
    2025; with ``outgoing="zero"`` the encoder computes what it did before, as in Chen, Goodfellow
    and Shlens, "Net2Net", ICLR 2016 (arXiv:1511.05641).
    """

    grows = True
    defaults: ClassVar[Mapping[str, Any]] = {"growth": GrowthConfig()}

    def make_nets(self) -> None:
        config = self.config
        begun = () if config.growth is None else config.growth.sizes_at(config.hidden, 1)
        self.encoder, self.decoder = autoencoder_nets(config, 2 * config.latent_dim, hidden=begun)

    def hidden_now(self) -> tuple[int, ...] | None:
        return None if self.config.growth is None else hidden_sizes(self.encoder)

    def before_epoch(self, epoch: int, seed: int, optimizer: Optimizer) -> None:
        growth = self.config.growth
        change = None if growth is None else growth.change_at(self.config.hidden, epoch)
        if growth is not None and change is not None:
            self.change(change, growth, optimizer, Generator().manual_seed(seed ^ _OWN_STREAM))

    def change(
        self,
        change: Change,
        growth: GrowthConfig,
        optimizer: Optimizer | None = None,
        generator: Generator | None = None,
    ) -> None:
        """Cut the hidden layers back to what stays, then let them grow, from the image inwards.

        So new neurons of a layer always get drawn weights from new ones before them; ``outgoing``
        is of the weights into old neurons and into the head.
        """
        for index, now in enumerate(hidden_sizes(self.encoder)):
            keep = change.keep[index]
            if keep < now:
                shrink_layer(
                    self.encoder,
                    index,
                    keep,
                    rule=growth.keep_rule,
                    optimizer=optimizer,
                    moments=growth.moments,
                )
        for index, now in enumerate(hidden_sizes(self.encoder)):
            size = change.sizes[index]
            if size > now:
                expand_layer(
                    self.encoder,
                    index,
                    size - now,
                    optimizer=optimizer,
                    outgoing=growth.outgoing,
                    moments=growth.moments,
                    generator=generator,
                )

    def prepare_load(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Give the encoder the sizes of saved weights, if the schedule ever has them."""
        growth = self.config.growth
        if growth is None:
            return
        weights = [
            (*shapes.get(f"encoder.{place}.weight", ()), 0)
            for place, part in enumerate(self.encoder)
            if isinstance(part, nn.Linear)
        ]
        sizes = tuple(shape[0] for shape in weights[:-1])
        if any(sizes == each.sizes for each in growth.changes(self.config.hidden)):
            take_sizes(self.encoder, sizes)

"""The registry of model families; :func:`configure` and :func:`build`."""

from dataclasses import dataclass
from typing import Any

from vae.config import ModelConfig, make
from vae.errors import ConfigError
from vae.locale import N_, _
from vae.models.autoencoders import (
    Autoencoder,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
)
from vae.models.base import LatentModel as LatentModel
from vae.models.base import LossTerms as LossTerms
from vae.models.base import Output as Output
from vae.models.beta import BetaVAE
from vae.models.cvae import ConditionalVAE
from vae.models.growing import GrowingVAE
from vae.models.iwae import IWAE
from vae.models.vae import VAE
from vae.models.vq import VQVAE


@dataclass(frozen=True)
class Family:
    """A kind of model: its class and how it is called on a page."""

    model: type[LatentModel]
    title: str
    summary: str
    """What it does, in a sentence for those who have not met it."""


FAMILIES: dict[str, Family] = {
    "vae": Family(
        VAE,
        N_("Variational autoencoder"),
        N_("An image becomes a small cloud of codes near the origin: each code there decodes."),
    ),
    "beta-vae": Family(
        BetaVAE,
        "beta-VAE",
        N_(
            "A VAE whose pull towards the prior counts beta times: tidier codes, blurrier pictures."
        ),
    ),
    "cvae": Family(
        ConditionalVAE,
        N_("Conditional VAE"),
        N_("A VAE that is told the class, so the code is left to hold the style."),
    ),
    "iwae": Family(
        IWAE,
        N_("Importance-weighted autoencoder"),
        N_(
            "A VAE trained on a tighter bound of the likelihood, with several weighted "
            "samples of z."
        ),
    ),
    "ae": Family(
        Autoencoder,
        "Autoencoder",
        N_("An image is squeezed through d numbers and drawn again; nothing says where codes lie."),
    ),
    "sparse-ae": Family(
        SparseAutoencoder,
        N_("Sparse autoencoder"),
        N_(
            "Only few units of the code may be on for an image; there may be more units "
            "than pixels."
        ),
    ),
    "denoising-ae": Family(
        DenoisingAutoencoder,
        N_("Denoising autoencoder"),
        N_("It sees a corrupted image and is asked for the clean one."),
    ),
    "contractive-ae": Family(
        ContractiveAutoencoder,
        N_("Contractive autoencoder"),
        N_("The code is asked to change little when the image changes a little."),
    ),
    "vq-vae": Family(
        VQVAE,
        N_("Vector-quantised VAE"),
        N_("An image becomes a grid of codebook entries; a second network learns which occur."),
    ),
    "growing-vae": Family(
        GrowingVAE,
        N_("Growing VAE"),
        N_("A VAE whose encoder starts small and gains neurons while it is trained."),
    ),
}


def check_family(name: str) -> Family:
    """Return the family of that name.

    Raises ConfigError if it is not in :data:`FAMILIES`.
    """
    family = FAMILIES.get(name)
    if family is None:
        raise ConfigError(
            _("there is no family {name!r}: choose one of {families}.").format(
                name=name, families=", ".join(FAMILIES)
            )
        )
    return family


def all_options() -> tuple[str, ...]:
    """Return each field of :class:`ModelConfig` that only some families read, once."""
    return tuple(dict.fromkeys(name for kind in FAMILIES.values() for name in kind.model.options))


def configure(family: str, *, num_classes: int = 0, **given: Any) -> ModelConfig:
    """Make a family's config from the settings that were given; others are its defaults.

    ``num_classes`` is that of the data set: a family that is not conditional does without it.

    Raises ConfigError if the family does not take a setting, or a value is out of bounds.
    """
    kind = check_family(family).model
    for name in all_options():
        if name in given and name not in kind.options:
            takers = [key for key, other in FAMILIES.items() if name in other.model.options]
            raise ConfigError(
                _(
                    "the family {family} takes no {name}: leave it out, or choose a family that "
                    "does ({takers})."
                ).format(family=family, name=name.replace("_", "-"), takers=", ".join(takers))
            )
    if given.get("growth") is not None and not kind.grows:
        takers = [key for key, other in FAMILIES.items() if other.model.grows]
        raise ConfigError(
            _(
                "the family {family} does not grow: leave growth out, or choose a family that "
                "does ({takers})."
            ).format(family=family, takers=", ".join(takers))
        )
    if kind.is_conditional:
        given["num_classes"] = num_classes
    return make(ModelConfig, **{**kind.defaults, **given, "family": family})


def build(config: ModelConfig) -> LatentModel:
    """Make the model that ``config`` describes, with fresh weights from the global generator.

    Raises ConfigError if the family is not in :data:`FAMILIES`.
    """
    return check_family(config.family).model(config)

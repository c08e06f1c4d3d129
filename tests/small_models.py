"""Small untrained models of any family, and what two trainings are compared by."""

from typing import Any

import torch

from vae.models import LatentModel, build, configure
from vae.training.loop import TrainState

SHAPE = (1, 8, 8)


def untrained(family: str, **given: Any) -> LatentModel:
    """Return a model in evaluation, the same at each call."""
    torch.manual_seed(3)
    sizes = {"hidden": (12,), "latent_dim": 3, "image_shape": SHAPE, "num_classes": 10}
    return build(configure(family, **{**sizes, **given})).eval()


def trained_once(family: str, latent_dim: int = 3, shape: tuple[int, ...] = SHAPE) -> LatentModel:
    """Return a model after a pass: codebooks and statistics of codes have their first values."""
    model = untrained(family, hidden=(6,), latent_dim=latent_dim, image_shape=shape)
    with torch.no_grad():
        model.train()
        model(torch.rand(32, *shape), torch.arange(32) % 10)
    return model.eval()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def curve(reports: Any) -> list[Any]:
    """What must not change between two runs: all but the seconds."""
    return [(r.epoch, getattr(r, "step", None), r.train, getattr(r, "test", None)) for r in reports]


def weights_equal(one: TrainState, other: TrainState) -> bool:
    ours, theirs = one.model.state_dict(), other.model.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)

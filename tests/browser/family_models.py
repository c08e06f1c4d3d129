"""A model of any family with random weights, and what the browser is sent of it."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vae.latent.export import run_payload
from vae.models import FAMILIES, LatentModel, build, configure

NAMES = [f"class {index}" for index in range(10)]
CONTINUOUS = [name for name, family in FAMILIES.items() if family.model.is_continuous]


def make(family: str, **settings: Any) -> tuple[LatentModel, np.ndarray, bytes]:
    """A model with random weights, the codes of random images, and its payload."""
    torch.manual_seed(5)
    arch = settings.get("arch", "mlp")
    hidden = (24, 12) if arch == "mlp" else (6, 9)
    shape = settings.pop("image_shape", (1, 12, 12))
    sizes = {"hidden": hidden, "latent_dim": 3, "num_classes": 10, "image_shape": shape}
    model = build(configure(family, **{**sizes, **settings})).eval()
    for part in model.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and part.bias is not None:
            nn.init.normal_(part.bias, std=0.3)
    labels = torch.arange(300) % 10
    with torch.no_grad():
        mu, logvar = model.encode(torch.rand(300, *shape), labels)
    points = mu.numpy()
    if not model.has_prior:  # far from the origin, each dimension with a scale of its own
        points = points * np.float32([40, 3, 1][: points.shape[1]]) + np.float32(70)
    payload = run_payload(
        f"{family}-run",
        model,
        points.astype(np.float32),
        None if logvar is None else logvar.numpy(),
        labels.numpy(),
        NAMES,
        title=family,
    )
    return model, points, payload


def generate(model: LatentModel, z: Tensor, labels: Tensor) -> np.ndarray:
    with torch.no_grad():
        return np.asarray(model.generate(z, labels).flatten(1).numpy())

"""All that the browser needs of a run whose codes are places: networks, test codes, dimensions."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray

from vae.errors import ConfigError
from vae.latent.density import score_quantiles
from vae.latent.export.network import Op, decoder_ops, encoder_ops
from vae.latent.export.packing import Arrays, narrow, pack
from vae.latent.export.pixels import PixelModel, pixel_model
from vae.latent.export.source import CodeLines, flow_code
from vae.latent.extent import extent_of, principal_axes, z_range
from vae.locale import _
from vae.models import LatentModel
from vae.training.metrics import Codes, active_dims, kl_per_dim

MAX_CODES = 10_000
"""Test codes that travel to the browser at most."""

MAX_CODE_VALUES = 1_000_000
"""Values of mu that travel at most: with 1,024 latent dimensions, 976 codes are sent."""

UNUSED_SHARE = 0.01
"""Without a prior a dimension is unused when its codes spread less than this share of the most."""


class DimInfo(TypedDict):
    """One latent dimension."""

    kl: float | None
    """Mean KL of q(z_j|x) from N(0, 1) over the test codes, in nats; None without a prior."""
    spread: float
    """Standard deviation of the test codes."""
    active: bool
    """False where the dimension has collapsed to the prior, or is as good as constant."""


class RunHeader(PixelModel):
    """The header of a run's payload, beside the ``arrays`` that :func:`pack` adds.

    The arrays are ``mu`` and, with a prior, ``logvar`` (``(n, latent_dim)``), ``label`` (int32,
    ``(n,)``, an index into ``class_names`` or -1), with more than two dimensions ``pca``
    (``(2, latent_dim)``), and those that the operations name.
    """

    run: str
    """Names the run in the page; must change when the run's weights change."""
    title: str
    latent_dim: int
    image_shape: list[int]
    """``[C, H, W]``."""
    class_names: list[str]
    dims: list[DimInfo]
    z_range: float
    """Half width of a square map around the origin that holds the codes."""
    z_low: list[float]
    z_high: list[float]
    """What map and sliders show of each dimension."""
    centre: list[float]
    """Where z begins: the origin, or the mean code where there is no prior."""
    decimals: int
    """Decimals that z is rounded to."""
    has_prior: bool
    """Whether codes have the prior N(0, I); the map of a plain autoencoder has none."""
    num_labels: int
    """Classes that encoder and decoder are told of; 0 where they are told nothing."""
    labels: list[int]
    """Those of them that the model was trained on; empty where it is told nothing."""
    encoder: list[Op]
    """From an image to mu and, with a prior, logvar behind it."""
    decoder: list[Op]
    """From z to the means of an image's pixels."""
    density: dict[str, list[float]]
    """How dense the codes that travel lie: see :func:`vae.latent.density.score_quantiles`."""
    beta: float
    """Weight of the KL in the objective that the model was trained with."""
    code: dict[str, list[CodeLines]]
    """The project's lines behind each box of the flow strip."""


def _dim_infos(codes: Codes, *, has_prior: bool) -> list[DimInfo]:
    """Describe each latent dimension by its test codes; with few of them all count as active."""
    d = codes.mu.shape[1]
    mean_kl = kl_per_dim(codes) if len(codes.mu) else torch.zeros(d)
    kls = [None] * d if mean_kl is None else [round(value, 6) for value in mean_kl.tolist()]
    if len(codes.mu) < 2:
        return [{"kl": kl, "spread": 0.0, "active": True} for kl in kls]
    spread = codes.mu.std(0)
    # Without a prior there is no unit to measure by but the codes themselves.
    active = active_dims(codes.mu) if has_prior else spread > UNUSED_SHARE * spread.max()
    return [
        {"kl": kl, "spread": round(wide, 9), "active": bool(on)}
        for kl, wide, on in zip(kls, spread.tolist(), active, strict=True)
    ]


def sent_codes(count: int, latent_dim: int) -> int:
    """Return how many of ``count`` codes travel to the browser."""
    return min(count, MAX_CODES, max(1, MAX_CODE_VALUES // latent_dim))


def run_payload(
    run: str,
    model: LatentModel,
    mu: NDArray[np.float32],
    logvar: NDArray[np.float32] | None,
    label: NDArray[np.integer[Any]] | None,
    class_names: Sequence[str],
    *,
    title: str = "",
    classes: Sequence[int] | None = None,
    density: Mapping[str, list[float]] | None = None,
) -> bytes:
    """Pack all that the browser needs of a run: networks, test codes, dimensions.

    Parameters
    ----------
    run
        Names the run in the page; must change when the run's weights change.
    mu, logvar
        ``(n, d)``: q(z|x) of test images; ``logvar`` is None where codes are points. The first ones
        travel, as many as :data:`MAX_CODES` and :data:`MAX_CODE_VALUES` allow, so that an index in
        the browser is an index here.
    label
        ``(n,)``: indices into ``class_names``, or -1; None where there are no labels.
    classes
        Labels that the model was trained on; all unless given.
    density
        :func:`vae.latent.density.score_quantiles` of the codes that travel, where it is known.

    Raises
    ------
    ConfigError
        If the codes are no places, or a network has a module that the browser cannot run.
    ValueError
        If the shapes do not fit the model.
    """
    latent_dim = model.config.latent_dim
    if mu.ndim != 2 or mu.shape[1] != latent_dim:
        raise ValueError(f"mu {mu.shape} must be (n, {latent_dim})")
    if logvar is not None and logvar.shape != mu.shape:
        raise ValueError(f"logvar {logvar.shape} must be as mu {mu.shape}")
    if not model.is_continuous:
        raise ConfigError(
            _(
                "the codes of a {family} are discrete: there is no place between them to drag to."
            ).format(family=model.config.family)
        )
    if label is not None and label.shape != mu.shape[:1]:
        raise ValueError(f"label {label.shape} must be ({len(mu)},)")
    count = sent_codes(len(mu), latent_dim)
    codes = Codes(torch.from_numpy(mu), None if logvar is None else torch.from_numpy(logvar))
    extent = extent_of(mu, has_prior=model.has_prior)
    num_labels = model.config.num_classes if model.is_conditional else 0
    labels = [label for label in classes or range(num_labels) if label < num_labels]
    if density is None:
        first = Codes(codes.mu[:count], None if codes.logvar is None else codes.logvar[:count])
        of_each = None if label is None else torch.from_numpy(np.asarray(label[:count]))
        density = score_quantiles(first, of_each, labels)
    encoder, encoder_arrays = encoder_ops(model)
    decoder, decoder_arrays = decoder_ops(model)
    header: RunHeader = {
        "run": run,
        "title": title,
        "latent_dim": latent_dim,
        "image_shape": list(model.config.image_shape),
        "class_names": list(class_names),
        "dims": _dim_infos(codes, has_prior=model.has_prior),
        "z_range": z_range(mu),
        "z_low": extent.low,
        "z_high": extent.high,
        "centre": extent.centre,
        "decimals": extent.decimals,
        "has_prior": model.has_prior,
        "num_labels": num_labels,
        "labels": labels,
        **pixel_model(model),
        "encoder": encoder,
        "decoder": decoder,
        "density": dict(density),
        "beta": model.config.beta if "beta" in model.options else 1.0,
        "code": flow_code(model),
    }
    sent: Arrays = {
        "mu": np.asarray(mu[:count], dtype=np.float32),
        **({} if logvar is None else {"logvar": np.asarray(logvar[:count], dtype=np.float32)}),
        "label": np.full(count, -1, np.int32)
        if label is None
        else np.asarray(label[:count], dtype=np.int32),
    }
    if latent_dim > 2:
        sent["pca"] = principal_axes(mu[:count])
    return pack(header, narrow(sent | encoder_arrays | decoder_arrays))

"""The plane on which a run's codes are shown: the same in every epoch, on every page and film."""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from vae.storage.files import Arrays

Floats = NDArray[np.floating[Any]]


class Projection(NamedTuple):
    """A plane through ``center (d,)`` along the two rows of ``axes (2, d)``."""

    center: Floats
    axes: Floats

    def project(self, mu: Floats) -> NDArray[np.float32]:
        """Return where codes lie on the plane: ``(..., d)`` to ``(..., 2)``."""
        return ((np.asarray(mu, np.float32) - self.center) @ self.axes.T).astype(np.float32)

    def arrays(self) -> Arrays:
        """Return what ``codes.safetensors`` keeps of it; nothing where it is the codes' own."""
        return {} if is_own(self.axes.shape[1]) else dict(self._asdict())


def is_own(latent_dim: int) -> bool:
    """Whether codes are shown as they are: of one or two dimensions."""
    return latent_dim <= 2


def fit_projection(mu: Floats) -> Projection:
    """Return the plane of codes ``(n, d)``: of their first two principal components.

    The largest part of each axis is positive, so that the same codes give the same plane. Codes of
    one or two dimensions are shown as they are.
    """
    count, d = mu.shape
    if is_own(d):
        return Projection(np.zeros(d, np.float32), np.eye(2, d, dtype=np.float32))
    values = np.asarray(mu, np.float64)
    center = values.mean(0)
    _, _, rows = np.linalg.svd(values - center, full_matrices=False)
    axes = np.zeros((2, d))
    axes[: min(2, count)] = rows[:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    axes *= np.where(largest < 0, -1.0, 1.0)
    return Projection(center.astype(np.float32), axes.astype(np.float32))


def turned_like(new: Projection, old: Projection | None) -> Projection:
    """Return ``new`` with axes that point as those of ``old`` do: no map is flipped."""
    if old is None:
        return new
    signs = np.where((new.axes * old.axes).sum(1, keepdims=True) < 0, -1.0, 1.0)
    return Projection(new.center, (new.axes * signs).astype(np.float32))


def projection_of(codes: Arrays) -> Projection:
    """Return the plane of a run, of its codes as :meth:`vae.runs.Run.codes` returns them.

    With more than two dimensions it is that of the codes after the first epoch, fixed. A run of an
    earlier version kept none: then it is that of the first epoch kept, else of its codes.
    """
    if "axes" in codes and "center" in codes:
        return Projection(cast(Floats, codes["center"]), cast(Floats, codes["axes"]))
    if "history" in codes:
        trained = np.flatnonzero(codes["epochs"])
        if len(trained):
            return fit_projection(cast(Floats, codes["history"])[trained[0]])
    return fit_projection(cast(Floats, codes["mu"]))

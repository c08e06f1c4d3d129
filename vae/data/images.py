"""Images and labels in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """Training or test part of a data set.

    Raises ValueError if a tensor has another type or shape.
    """

    images: Tensor
    """``(N, C, H, W)``, uint8, 0 to 255: shared by every session, so never change it in place."""
    labels: Tensor
    """``(N,)``, int64, an index into the class names."""
    factors: Tensor | None = None
    """``(N, F)``, float32: what each image was drawn with, where that is known;
    ``ImageData.factor_names`` names the columns."""

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 4:
            raise ValueError(
                f"images must be uint8 (N, C, H, W), not {self.images.dtype} "
                f"{tuple(self.images.shape)}"
            )
        if self.labels.dtype != torch.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be int64 ({len(self.images)},), not {self.labels.dtype} "
                f"{tuple(self.labels.shape)}"
            )
        if self.factors is not None and len(self.factors) != len(self.images):
            raise ValueError(f"{len(self.factors)} rows of factors for {len(self.images)} images")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor) -> Split:
        """Return some of the images, with their labels and factors."""
        factors = None if self.factors is None else self.factors[index]
        return Split(self.images[index], self.labels[index], factors)

    def batches(self, size: int) -> Iterator[Split]:
        """Yield the images in order, ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def to(self, device: torch.device) -> Split:
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))


@dataclass(frozen=True, eq=False)
class ImageData:
    """A data set in memory: its two splits, the shape ``(C, H, W)`` and a name for each label.

    ``factor_names`` are those of the columns of each split's ``factors``; none where there are no
    factors.
    """

    name: str
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    train: Split
    test: Split
    factor_names: tuple[str, ...] = ()


def pixels(images_uint8: Tensor) -> Tensor:
    """Turn grey levels 0 to 255 (uint8, any shape) into float32 in [0, 1] of the same shape."""
    return images_uint8.to(torch.float32) / 255

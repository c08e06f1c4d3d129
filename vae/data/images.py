"""Images and labels in memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """Training or test part of a data set.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8, 0 to 255: shared by every session, so never change it in place.
    labels
        ``(N,)``, int64, an index into the class names.

    Raises
    ------
    ValueError
        If a tensor has another type or shape.
    """

    images: Tensor
    labels: Tensor

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

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class ImageData:
    """A data set in memory: its two splits, the shape ``(C, H, W)`` and a name for each label."""

    name: str
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    train: Split
    test: Split


def pixels(images_uint8: Tensor) -> Tensor:
    """Turn grey levels 0 to 255 (uint8, any shape) into float32 in [0, 1] of the same shape."""
    return images_uint8.to(torch.float32) / 255

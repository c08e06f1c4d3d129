"""What each test code costs, and what is told of one code and of a group of codes."""

from __future__ import annotations

import base64
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.data import ImageData, pixels
from vae.explore import SelectedAnswer, selected_answer
from vae.losses import bernoulli_nll
from vae.metrics import EVAL_BATCH, Codes
from vae.models import LatentModel
from vae.pictures import to_uint8

Bools = NDArray[np.bool_]


class PickedAnswer(SelectedAnswer):
    """What is told of one code."""

    recon: str
    """The decode of its mu: uint8 pixels ``(C, H, W)`` in base64."""


class GroupAnswer(TypedDict):
    """What is told of a group of codes."""

    mask: str
    """Which codes these are, as they were asked for."""
    count: int
    labels: list[int]
    """Classes that occur, the most frequent first; -1 stands for no label."""
    counts: list[int]
    """Codes of each of these classes."""
    mean: str | None
    """Mean of the originals, uint8 pixels ``(C, H, W)`` in base64; None without the data set."""
    decoded: str
    """The decode of the mean mu, likewise."""


@torch.inference_mode()
def image_terms(model: LatentModel, mu: Tensor, images: Tensor) -> NDArray[np.float32]:
    """Return ``-log p(x|z)`` of images ``(n, C, H, W)``, uint8, at their codes mu ``(n, d)``.

    Returns
    -------
    NDArray
        ``(n,)``: nats; n is the lesser of the two where they differ.
    """
    losses = [torch.empty(0)]
    for batch, at in zip(images.split(EVAL_BATCH), mu.split(EVAL_BATCH), strict=False):
        count = min(len(batch), len(at))
        losses.append(bernoulli_nll(model.decode(at[:count]).float(), pixels(batch[:count])))
    return np.asarray(torch.cat(losses).numpy(), dtype=np.float32)


def _base64(levels: NDArray[np.uint8]) -> str:
    return base64.b64encode(levels.tobytes()).decode()


@torch.inference_mode()
def picked_answer(
    model: LatentModel, codes: Codes, index: int, data: ImageData | None, missing: str
) -> PickedAnswer:
    """Return original, reconstruction and cost of test image ``index``; see ``SelectedAnswer``."""
    recon = to_uint8(model.generate(codes.mu[index][None])[0])
    answer = selected_answer(model, codes, index, data, missing)
    return PickedAnswer(**answer, recon=_base64(recon))


def read_mask(text: str, count: int) -> Bools | None:
    """Read which of ``count`` codes are chosen: bits in base64, the first the lowest.

    None where the text does not fit ``count`` codes, or none is chosen.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    if len(raw) != (count + 7) // 8:
        return None
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
    chosen = bits[:count].astype(np.bool_)
    return chosen if chosen.any() else None


def write_mask(chosen: Bools) -> str:
    """Undo :func:`read_mask`."""
    return _base64(np.packbits(chosen, bitorder="little"))


@torch.inference_mode()
def group_answer(
    model: LatentModel, codes: Codes, labels: Tensor, chosen: Bools, data: ImageData | None
) -> GroupAnswer:
    """Return class counts, mean original and the decode of the mean mu of the chosen codes."""
    which = torch.from_numpy(np.flatnonzero(chosen))
    found, counts = np.unique(labels[which].numpy(), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    mean = None
    if data is not None and int(which.max()) < len(data.test.images):
        mean = _base64(to_uint8(pixels(data.test.images[which]).mean(0)))
    return {
        "mask": write_mask(chosen),
        "count": len(which),
        "labels": found[order].tolist(),
        "counts": counts[order].tolist(),
        "mean": mean,
        "decoded": _base64(to_uint8(model.generate(codes.mu[which].mean(0)[None])[0])),
    }

"""The loss of each test code, and the answers about one code and about a group of codes."""

import base64
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae.analysis.explore import SelectedAnswer, selected_answer
from vae.analysis.reconstructions import ImageTerms, per_image_terms
from vae.data import ImageData, pixels
from vae.latent.export import PixelModel, pixel_model
from vae.locale import N_, _
from vae.models import LatentModel
from vae.storage.pictures import to_uint8
from vae.training.metrics import Codes

Bools = NDArray[np.bool_]

DISCRETE = N_(
    "A decode of the mean is not applicable: codes are discrete, and a mean of them is none."
)


class PickedAnswer(SelectedAnswer):
    """The answer about one code."""

    recon: str | None
    """The decode of its code: uint8 pixels ``(C, H, W)`` in base64; None where that takes
    the image, and it is not at hand."""
    loss: PixelModel
    """How the model weighs a reconstruction."""


class GroupAnswer(TypedDict):
    """The answer about a group of codes."""

    mask: str
    """Which codes these are, as they were asked for."""
    count: int
    labels: list[int]
    """Classes that occur, the most frequent first; -1 stands for no label."""
    counts: list[int]
    """Codes of each of these classes."""
    mean: str | None
    """Mean of the originals, uint8 pixels ``(C, H, W)`` in base64; None without the data set."""
    decoded: str | None
    """The decode of the mean code, likewise; None where codes are discrete."""
    note: str
    """What must be said of that decode; empty where nothing must."""


def code_terms(model: LatentModel, data: ImageData, count: int) -> ImageTerms:
    """Return what the images of the first ``count`` test codes cost, ``(count,)`` each.

    Codes without an image have NaN.
    """
    images, labels = data.test.images[:count], data.test.labels[:count]
    found = per_image_terms(model, images, labels=labels)

    def whole(known: NDArray[np.float32]) -> NDArray[np.float32]:
        missing = np.full(count - len(known), np.nan, dtype=np.float32)
        return np.concatenate([known, missing])

    return ImageTerms(whole(found.recon_loss), None if found.kl is None else whole(found.kl))


def _base64(levels: NDArray[np.uint8]) -> str:
    return base64.b64encode(levels.tobytes()).decode()


@torch.inference_mode()
def picked_answer(
    model: LatentModel,
    codes: Codes,
    labels: Tensor,
    index: int,
    data: ImageData | None,
    missing: str,
) -> PickedAnswer:
    """Return original, reconstruction and cost of test image ``index``; see ``SelectedAnswer``.

    ``labels`` ``(n,)`` are those of the codes, for a conditional model.
    """
    loss = pixel_model(model)
    if not model.is_continuous:
        return _picked_of_grids(model, index, data, missing, loss)
    recon = to_uint8(model.generate(codes.mu[index][None], labels[index : index + 1])[0])
    answer = selected_answer(model, codes, index, data, missing)
    return PickedAnswer(**answer, recon=_base64(recon), loss=loss)


def _picked_of_grids(
    model: LatentModel, index: int, data: ImageData | None, missing: str, loss: PixelModel
) -> PickedAnswer:
    """Answer where only a summary of the code is kept: the code comes from the image."""
    answer: PickedAnswer = {
        "index": index,
        "original": None,
        "recon_loss": None,
        "kl": None,
        "note": missing,
        "recon": None,
        "loss": loss,
    }
    if data is not None and index < len(data.test):
        image, labels = data.test.images[index], data.test.labels[index : index + 1]
        terms = per_image_terms(model, image[None], labels=labels)
        answer["original"] = _base64(image.numpy())
        answer["recon"] = _base64(to_uint8(model.reconstruct(pixels(image[None]), labels)[0]))
        answer["recon_loss"] = float(terms.recon_loss[0])
        answer["kl"] = None if terms.kl is None else float(terms.kl[0])
        answer["note"] = ""
    return answer


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
    model: LatentModel,
    codes: Codes,
    labels: Tensor,
    chosen: Bools,
    data: ImageData | None,
    class_names: Sequence[str] = (),
) -> GroupAnswer:
    """Return class counts, mean original and the decode of the mean mu of the chosen codes.

    A conditional model decodes it under the most frequent label.
    """
    which = torch.from_numpy(np.flatnonzero(chosen))
    found, counts = np.unique(labels[which].numpy(), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    mean = None
    if data is not None and int(which.max()) < len(data.test.images):
        mean = _base64(to_uint8(pixels(data.test.images[which]).mean(0)))
    decoded, note = None, _(DISCRETE)
    if model.is_continuous:
        note = ""
        most = int(found[order[0]])
        if model.is_conditional:
            name = class_names[most] if most < len(class_names) else str(most)
            note = _("The mean code is decoded under the most frequent label here, {name}.").format(
                name=name
            )
        mean_code = codes.mu[which].mean(0)[None]
        decoded = _base64(to_uint8(model.generate(mean_code, torch.tensor([most]))[0]))
    return {
        "mask": write_mask(chosen),
        "count": len(which),
        "labels": found[order].tolist(),
        "counts": counts[order].tolist(),
        "mean": mean,
        "decoded": decoded,
        "note": note,
    }

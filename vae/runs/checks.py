"""What a run's files must hold to be shown: anyone may have edited, copied or cut them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vae.errors import RunError
from vae.storage.files import Arrays

_FIGURES = ("elbo", "recon_loss", "kl", "mse", "active_units", "knn_accuracy")
_LARGEST = 1e300
_MOST = 2**53


def _is_number(value: object) -> bool:
    return (type(value) is float or type(value) is int) and -_LARGEST < value < _LARGEST


def is_number_or_none(value: object) -> bool:
    """Whether a value out of JSON is None, or a number that is finite and no boolean."""
    return value is None or _is_number(value)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 < value < _MOST


def _are_terms(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_number(value.get("loss"))
        and _is_number(value.get("recon_loss"))
        and is_number_or_none(value.get("kl"))
        and is_number_or_none(value.get("penalty"))
    )


def is_report(line: object) -> bool:
    """Whether a line of ``metrics.jsonl`` is a whole report of a window of steps or an epoch."""
    if not (
        isinstance(line, dict)
        and _is_count(line.get("epoch"))
        and _is_count(line.get("steps_per_epoch"))
        and _is_number(line.get("seconds"))
        and _are_terms(line.get("train"))
    ):
        return False
    if line.get("kind") == "step":
        return _is_count(line.get("step"))
    hidden = line.get("hidden", [])
    return (
        line.get("kind") == "epoch"
        and _are_terms(line.get("test"))
        and isinstance(hidden, list)
        and all(map(_is_count, hidden))
    )


def is_evaluation(found: dict[str, Any]) -> bool:
    """Whether this is what :func:`vae.training.metrics.evaluate` returns."""
    binary, reasons = found.get("binary"), found.get("not_applicable")
    return (
        all(name in found and is_number_or_none(found[name]) for name in _FIGURES)
        and _is_number(found["mse"])
        and (binary is None or (isinstance(binary, dict) and _all_numbers(binary)))
        and (reasons is None or (isinstance(reasons, dict) and _all_text(reasons)))
    )


def _all_numbers(figures: dict[str, Any]) -> bool:
    return all(map(is_number_or_none, figures.values()))


def _all_text(reasons: dict[str, Any]) -> bool:
    return all(isinstance(reason, str) for reason in reasons.values())


def _damaged(path: Path, reason: str) -> RunError:
    return RunError(
        f"{path} is damaged ({reason}): restore it from a copy, or train the run again."
    )


def check_codes(path: Path, arrays: Arrays, latent_dim: int) -> None:
    """Check the codes of a run's test images.

    Raises RunError if an array is missing, of another shape or type, or not finite.

    Parameters
    ----------
    path
        Where they were read, for the sentence.
    arrays
        ``mu (n, d)`` and ``label (n,)``; where the run has them ``logvar (n, d)``,
        ``indices (n, h, w)``, and by epoch ``epochs (e,)`` and ``history (e, m, d)``.
    latent_dim
        d.
    """
    if not {"mu", "label"} <= arrays.keys():
        raise _damaged(path, "mu or label is missing")
    mu = arrays["mu"]
    if mu.ndim != 2 or not len(mu) or mu.shape[1] != latent_dim:
        raise _damaged(path, f"mu has the shape {mu.shape}, not (n, {latent_dim})")
    if arrays["label"].shape != mu.shape[:1]:
        raise _damaged(path, "there is not one label for each mu")
    if "logvar" in arrays and arrays["logvar"].shape != mu.shape:
        raise _damaged(path, "mu and logvar have different shapes")
    indices, history = arrays.get("indices"), arrays.get("history")
    if indices is not None and (indices.ndim != 3 or len(indices) != len(mu)):
        raise _damaged(path, f"indices have the shape {indices.shape}, not ({len(mu)}, h, w)")
    if history is not None:
        _check_by_epoch(path, arrays, ("history",))
        if history.ndim != 3 or history.shape[2] != latent_dim:
            raise _damaged(path, f"history has the shape {history.shape}, not (e, m, {latent_dim})")
    for name in ("label", "indices", "epochs"):
        if name in arrays and arrays[name].dtype.kind not in "iu":
            raise _damaged(path, f"{name} are no whole numbers")
    for name in ("mu", "logvar", "history"):
        _check_finite(path, name, arrays)


def _check_finite(path: Path, name: str, arrays: Arrays) -> None:
    array = arrays.get(name)
    if array is None:
        return
    if array.dtype not in (np.float16, np.float32) or not np.isfinite(array).all():
        raise _damaged(path, f"{name} holds other things than finite numbers of 2 or 4 bytes")


def _check_by_epoch(path: Path, arrays: Arrays, names: tuple[str, ...]) -> None:
    epochs = arrays.get("epochs")
    if epochs is None or epochs.ndim != 1:
        raise _damaged(path, "it does not say of which epochs it is")
    for name in names:
        if name not in arrays or len(np.atleast_1d(arrays[name])) != len(epochs):
            raise _damaged(path, f"there is not one entry of {name} for each epoch")


def check_pictures(path: Path, arrays: Arrays, image_shape: tuple[int, int, int]) -> None:
    """Check ``epochs (e,)`` and, each uint8 ``(e, k, C, H, W)``, the pictures by epoch.

    Raises RunError if an array is missing, or of another shape or type.
    """
    names = ("train_recon", "test_recon", "samples")
    _check_by_epoch(path, arrays, names)
    if arrays["epochs"].dtype.kind not in "iu":
        raise _damaged(path, "epochs are no whole numbers")
    for name in names:
        array = arrays[name]
        if array.dtype != np.uint8 or array.ndim != 5 or array.shape[2:] != image_shape:
            raise _damaged(path, f"{name} are no pictures of the model's size")

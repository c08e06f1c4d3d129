"""What a run's files must hold to be shown: anyone may have edited, copied or cut them."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vae.errors import RunError
from vae.locale import _
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


def check_codes(path: Path, arrays: Arrays, latent_dim: int) -> None:
    """Check the codes of a run's test images, which were read from ``path``.

    Raises RunError if an array is missing, of another shape or type, or not finite.
    """
    expected = {
        "mu": ("f", "n d"),
        "label": ("iu", "n"),
        "logvar": ("f", "n d"),
        "indices": ("iu", "n h w"),
        "epochs": ("iu", "e"),
        "history": ("f", "e m d"),
        "center": ("f", "d"),
        "axes": ("f", "2 d"),
    }
    needed = {"mu", "label"} | ({"epochs"} if "history" in arrays else set())
    _check(path, arrays, needed, expected, {"d": latent_dim, "2": 2})


def check_live(
    path: Path, arrays: Arrays, latent_dim: int, image_shape: tuple[int, int, int]
) -> None:
    """Check what a run shows within its epochs.

    Raises RunError if an array is missing, or of another shape or type.
    """
    expected = {
        "train_recon": ("B", "k C H W"),
        "test_recon": ("B", "l C H W"),
        "samples": ("B", "n C H W"),
        "plane": ("f", "m 2"),
        "label": ("iu", "m"),
        "center": ("f", "d"),
        "axes": ("f", "2 d"),
    }
    sizes = {"d": latent_dim, "2": 2, **dict(zip("CHW", image_shape, strict=True))}
    _check(path, arrays, expected.keys(), expected, sizes)


def check_pictures(path: Path, arrays: Arrays, image_shape: tuple[int, int, int]) -> None:
    """Check the pictures by epoch.

    Raises RunError if an array is missing, or of another shape or type.
    """
    expected = {
        "epochs": ("iu", "e"),
        "train_recon": ("B", "e k C H W"),
        "test_recon": ("B", "e l C H W"),
        "samples": ("B", "e m C H W"),
    }
    _check(path, arrays, expected.keys(), expected, dict(zip("CHW", image_shape, strict=True)))


def check_embeddings(path: Path, arrays: Arrays) -> None:
    """Check codes laid out in two dimensions.

    Raises RunError if an array is of another shape or type, or not finite.
    """
    _check(path, arrays, (), {"tsne": ("f", "n 2"), "umap": ("f", "n 2")}, {"2": 2})


def _check(
    path: Path,
    arrays: Arrays,
    needed: Collection[str],
    expected: Mapping[str, tuple[str, str]],
    sizes: dict[str, int],
) -> None:
    """Check arrays: what ``expected`` says of each is its kind, and a letter for each size.

    A kind is numpy's ("f": finite, of 2 or 4 bytes; "iu": whole numbers), or "B" for bytes. Sizes
    with one letter are equal, and as ``sizes`` has them.
    """
    for name, (kind, letters) in expected.items():
        array = arrays.get(name)
        if array is None:
            reason = _("{name} is missing").format(name=name) if name in needed else ""
        elif array.ndim != len(letters.split()) or not all(
            size and sizes.setdefault(letter, size) == size
            for letter, size in zip(letters.split(), array.shape, strict=True)
        ):
            known = ", ".join(str(sizes.get(letter, letter)) for letter in letters.split())
            reason = _("{name} has the shape {array_shape}, not ({known})").format(
                name=name, array_shape=array.shape, known=known
            )
        elif kind == "f" and (
            array.dtype not in (np.float16, np.float32) or not np.isfinite(array).all()
        ):
            reason = _("{name} holds other things than finite numbers of 2 or 4 bytes").format(
                name=name
            )
        elif kind == "iu" and array.dtype.kind not in kind:
            reason = _("{name} are no whole numbers").format(name=name)
        elif kind == "B" and array.dtype != np.uint8:
            reason = _("{name} are no pictures").format(name=name)
        else:
            reason = ""
        if reason:
            raise RunError(
                _(
                    "{path} is damaged ({reason}): restore it from a copy, or train the run again."
                ).format(path=path, reason=reason)
            )

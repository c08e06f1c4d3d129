"""Figures in words, for the command line and the pages."""

from collections.abc import Mapping
from typing import Any

from vae.locale import N_, _
from vae.locale.numbers import formatted

_MOST = 3
"""Numbers of a list that are shown one by one; of more only the least and the most."""

_PIXELS = {
    "binary": N_("pixels black or white (threshold 0.5)"),
    "grey": N_("pixels as the run sees them"),
}


def _value(value: Any, form: str) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_(name)} {formatted(part, '.3g')}" for name, part in value.items())
    if isinstance(value, str):
        return _(_PIXELS.get(value, value))
    return formatted(value, form)


_DETAILS: dict[str, tuple[str, str]] = {
    "standard_error": (N_("± {value} (standard error)"), ".2g"),
    "std": (N_("± {value} from draw to draw"), ".2g"),
    "latent_dim": (N_("of {value}"), ""),
    "total": (N_("together {value}"), ".2f"),
    "at_most": (N_("at most log N = {value}"), ".2f"),
    "num_samples": ("K = {value}", ","),
    "elbo": (N_("ELBO {value}"), ".2f"),
    "gap": (N_("{value} above it"), ".2f"),
    "real_images": (N_("real training images get {value}"), ".2f"),
    "std_between_images": (N_("images differ by {value} from one another"), ".3g"),
    "num_images": (N_("{value} test images"), ","),
    "num_draws": (N_("{value} draws of z for each"), ","),
    "num_codes": (N_("N = {value} codes"), ","),
    "num_labels": (N_("{value} labels"), ","),
    "draws": (N_("drawn {value} times"), ""),
    "pixels": ("{value}", ""),
    "classifier_accuracy": (N_("the classifier's accuracy on them is {value}"), ".1%"),
    "by_factor": ("{value}", ""),
}
"""Details of a figure in the order in which they are shown: their words, and the number's form."""


def value_words(value: Any, digits: int = 3) -> str:
    """Return a figure's value: a number, or in few words those of a list or by samples L."""
    if value is None:
        return _("n/a")
    if isinstance(value, Mapping):
        shown = [
            _("{value} at L = {n}").format(value=formatted(part, f".{digits}f"), n=name)
            for name, part in value.items()
        ]
        return ", ".join([shown[0], shown[-1]] if len(shown) > 2 else shown)
    if isinstance(value, list):
        if len(value) > _MOST:
            least, most = (formatted(part, f".{digits}f") for part in (min(value), max(value)))
            return _("{least} to {most}").format(least=least, most=most)
        return ", ".join(formatted(part, f".{digits}f") for part in value)
    return formatted(value, "," if isinstance(value, int) else f",.{digits}f")


def detail_words(details: Mapping[str, Any]) -> str:
    """Return what belongs to a figure; what is not known is left out."""
    shown = (
        _(text).format(value=_value(details[name], form))
        for name, (text, form) in _DETAILS.items()
        if details.get(name) is not None
    )
    return ", ".join(shown)

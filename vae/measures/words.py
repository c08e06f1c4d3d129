"""Figures in words, for the command line and the pages."""

from collections.abc import Mapping
from typing import Any

from vae.locale import N_, _
from vae.locale.numbers import count, formatted, number, percent

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
    return number(value) if form == _SIGNIFICANT else formatted(value, form)


_SIGNIFICANT = "significant"
"""The form of a number with three significant digits."""

_DETAILS: dict[str, tuple[str, str]] = {
    "standard_error": (N_("± {value} (standard error)"), ".2g"),
    "std": (N_("± {value} from draw to draw"), ".2g"),
    "latent_dim": (N_("of {value}"), ""),
    "total": (N_("together {value}"), _SIGNIFICANT),
    "at_most": (N_("at most log N = {value}"), _SIGNIFICANT),
    "num_samples": ("K = {value}", ","),
    "elbo": (N_("ELBO {value}"), _SIGNIFICANT),
    "gap": (N_("{value} above it"), _SIGNIFICANT),
    "real_images": (N_("real training images get {value}"), _SIGNIFICANT),
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


_SHARES = ("standard_error", "std")
"""Details in the unit of the figure."""


def value_words(value: Any, digits: int | None = None, *, is_share: bool = False) -> str:
    """Return a figure's value: a number, or in few words those of a list or by samples L.

    With three significant digits, a share in percent; or with so many ``digits`` after the point.
    """

    def said(part: float) -> str:
        if digits is not None:
            return formatted(part, f",.{digits}f")
        return percent(part, 1) if is_share else number(part)

    if value is None:
        return _("n/a")
    if isinstance(value, Mapping):
        shown = [_("{value} at L = {n}").format(value=said(part), n=n) for n, part in value.items()]
        return ", ".join([shown[0], shown[-1]] if len(shown) > 2 else shown)
    if isinstance(value, list):
        if len(value) > _MOST:
            return _("{least} to {most}").format(least=said(min(value)), most=said(max(value)))
        return ", ".join(map(said, value))
    return count(value) if isinstance(value, int) else said(value)


def detail_words(details: Mapping[str, Any], *, is_share: bool = False) -> str:
    """Return what belongs to a figure; what is not known is left out."""

    def said(name: str, form: str) -> str:
        value = details[name]
        return percent(value, 1) if is_share and name in _SHARES else _value(value, form)

    shown = (
        _(text).format(value=said(name, form))
        for name, (text, form) in _DETAILS.items()
        if details.get(name) is not None
    )
    return ", ".join(shown)

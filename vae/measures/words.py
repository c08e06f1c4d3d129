"""Figures in words, for the command line and the pages."""

from collections.abc import Callable, Mapping
from typing import Any

_MOST = 3
"""Numbers of a list that are shown one by one; of more only the least and the most."""

_PIXELS = {"binary": "pixels black or white (threshold 0.5)", "grey": "pixels as the run sees them"}


def _by_name(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())


_DETAILS: dict[str, Callable[[Any], str]] = {
    "standard_error": lambda value: f"± {value:.2g} (standard error)",
    "std": lambda value: f"± {value:.2g} from draw to draw",
    "latent_dim": lambda value: f"of {value}",
    "total": lambda value: f"together {value:.2f}",
    "at_most": lambda value: f"at most log N = {value:.2f}",
    "num_samples": lambda value: f"K = {value:,}",
    "elbo": lambda value: f"ELBO {value:.2f}",
    "gap": lambda value: f"{value:.2f} above it",
    "real_images": lambda value: f"real training images get {value:.2f}",
    "std_between_images": lambda value: f"images differ by {value:.3g} from one another",
    "num_images": lambda value: f"{value:,} test images",
    "num_draws": lambda value: f"{value:,} draws of z for each",
    "num_codes": lambda value: f"N = {value:,} codes",
    "num_labels": lambda value: f"{value:,} labels",
    "draws": lambda value: f"drawn {value} times",
    "pixels": lambda value: _PIXELS.get(value, str(value)),
    "classifier_accuracy": lambda value: f"the classifier's accuracy on them is {value:.1%}",
    "by_factor": _by_name,
}
"""Details of a figure in the order in which they are shown."""


def value_words(value: Any, digits: int = 3) -> str:
    """Return a figure's value: a number, or in few words those of a list or by samples L."""
    if value is None:
        return "n/a"
    if isinstance(value, Mapping):
        shown = [f"{part:.{digits}f} at L = {name}" for name, part in value.items()]
        return ", ".join([shown[0], shown[-1]] if len(shown) > 2 else shown)
    if isinstance(value, list):
        if len(value) > _MOST:
            return f"{min(value):.{digits}f} to {max(value):.{digits}f}"
        return ", ".join(f"{part:.{digits}f}" for part in value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def detail_words(details: Mapping[str, Any]) -> str:
    """Return what belongs to a figure; what is not known is left out."""
    shown = (
        text(details[name]) for name, text in _DETAILS.items() if details.get(name) is not None
    )
    return ", ".join(shown)

"""Errors that a user can cause: each carries one sentence that says what is wrong and what to do.

The command line prints the sentence and exits with 2; a page shows it. Anything else that is
raised is a defect of this program.
"""

import contextlib
from collections.abc import Iterator

from pydantic import ValidationError

from vae.locale import N_, _


class UserError(Exception):
    """Base of every error whose message is written for the person at the keyboard."""


class ConfigError(UserError, ValueError):
    """A setting that is out of bounds, unknown or contradicts another one.

    Pydantic takes a ValueError of a validator into its report.
    """


class DataError(UserError):
    """A data set that is unknown, missing, half downloaded or damaged."""


class RunError(UserError):
    """A run that is missing, damaged, read-only or already in use."""


class BusyError(RunError):
    """A folder that another process is changing: the same again in a moment succeeds."""


class NotYoursError(RunError):
    """Something that only its owner or the teacher may change."""


class LimitError(UserError):
    """More than a class may have: of epochs, weights, runs, or disk."""


class TrainingError(UserError):
    """A training that cannot go on: a loss that is not finite, a device that is not there."""


_REASONS = {
    "greater_than": N_("input should be greater than {gt}"),
    "greater_than_equal": N_("input should be greater than or equal to {ge}"),
    "less_than": N_("input should be less than {lt}"),
    "less_than_equal": N_("input should be less than or equal to {le}"),
    "finite_number": N_("input should be a finite number"),
    "literal_error": N_("input should be {expected}"),
    "extra_forbidden": N_("extra inputs are not permitted"),
}
"""What pydantic says, by its kinds of errors."""


@contextlib.contextmanager
def checked_settings() -> Iterator[None]:
    """Raise a ConfigError with a sentence where pydantic finds settings wrong."""
    try:
        yield
    except ValidationError as error:
        raise ConfigError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    """Return one sentence for a failed validation: each field, what is wrong, what it was."""
    parts = []
    for item in error.errors():
        field = ".".join(str(piece) for piece in item["loc"]) or "settings"
        known = _REASONS.get(item["type"])
        reason = (
            _(known).format(**item.get("ctx", {}))
            if known
            else item["msg"].removeprefix("Value error, ").rstrip(".")
        )
        shown = repr(item["input"])
        value = _(" (got {shown})").format(shown=shown) if item["loc"] and len(shown) <= 60 else ""
        parts.append(f"{field}: {reason[:1].lower()}{reason[1:]}{value}")
    return "; ".join(parts) + "."

"""Numbers, durations and dates as a page shows them, in the language to speak."""

import math
from datetime import datetime

from babel.dates import format_datetime
from babel.numbers import (
    format_decimal,
    format_percent,
    get_decimal_symbol,
    get_group_symbol,
)

from vae.locale import _, language

DIGITS = 3


def number(value: float | None, digits: int = DIGITS) -> str:
    """Return a number with so many significant digits; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = 0 if value == 0 else math.floor(math.log10(abs(value)))
    if not -4 <= size <= 9:
        mantissa = format_decimal(value / 10.0**size, format="0.##", locale=language())
        return f"{mantissa}e{size}"
    places = max(0, digits - 1 - size)
    return _decimal(round(value, places), places)


def _decimal(value: float, places: int) -> str:
    form = "#,##0." + "0" * places if places else "#,##0"
    return format_decimal(value, format=form, locale=language()).replace("-", "−")


def separators() -> tuple[str, str]:
    """Return the language's signs before the decimals and between thousands."""
    return get_decimal_symbol(language()), get_group_symbol(language())


def formatted(value: float, form: str) -> str:
    """Return a number as ``format`` writes it, with the language's signs for point and comma."""
    return in_signs(format(value, form))


def in_signs(text: str) -> str:
    """Return the text of a number with the language's signs."""
    if language() == "en":
        return text
    point, comma = separators()
    signs = {".": point, ",": comma, "%": "\u202f%"}
    return "".join(signs.get(sign, sign) for sign in text)


def count(value: int) -> str:
    """Return a whole number with its thousands apart."""
    return _decimal(value, 0)


def percent(share: float, places: int = 0) -> str:
    """Return a share, 0 to 1, in percent."""
    rounded = round(share, places + 2)
    return format_percent(rounded, locale=language(), decimal_quantization=False)


def duration(seconds: float) -> str:
    """Return a duration in the two units that matter."""
    whole = round(seconds)
    if whole < 60:
        return _("{n} s").format(n=whole or number(seconds, 1))
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("{m} min {s} s").format(m=minutes, s=rest)
    hours, minutes = divmod(minutes, 60)
    return _("{h} h {m} min").format(h=hours, m=minutes)


def moment(at: float) -> str:
    """Return a moment, in seconds since 1970, as date and time of this machine."""
    return format_datetime(datetime.fromtimestamp(at), "short", locale=language())

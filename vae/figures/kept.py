"""Figures that are drawn once for all who look: making one takes Plotly tens of milliseconds."""

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec

import numpy as np
import plotly.graph_objects as go

from vae.locale import language
from vae.locale.numbers import separators

P = ParamSpec("P")

_MOST = 64
"""Figures of each kind."""
_PLAIN = (str, int, float, bool, bytes, type(None))


def in_language(figure: go.Figure) -> go.Figure:
    """Return a figure with the signs of numbers of the language that is spoken."""
    signs = "".join(separators())
    if language() != "en" and figure.layout.separators != signs:
        # A copy: it may be kept for others.
        figure = go.Figure(figure).update_layout(separators=signs)
    return figure


def kept(make: Callable[P, go.Figure]) -> Callable[P, go.Figure]:
    """Let a function of arrays and plain values give the same figure for the same ones again.

    Nobody may change what it returns. Other arguments are drawn for each time.
    """
    figures: OrderedDict[bytes, go.Figure] = OrderedDict()
    lock = threading.Lock()

    @functools.wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> go.Figure:
        try:
            key = _digest((args, kwargs, language()))
        except TypeError:
            return in_language(make(*args, **kwargs))
        with lock:
            if key in figures:
                figures.move_to_end(key)
                return figures[key]
        figure = in_language(make(*args, **kwargs))
        with lock:
            figures[key] = figure
            while len(figures) > _MOST:
                figures.popitem(last=False)
        return figure

    return made


def _digest(value: object) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    _add(found, value)
    return found.digest()


def _add(found: Any, value: object) -> None:
    """Add a value to a digest; raises TypeError if it is of another kind."""
    # Each with its kind and length: ("a", "b") is not ("ab",), nor 1 True.
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError(value.dtype)
        found.update(f"{value.dtype.str}{value.shape}".encode())
        found.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.generic):
        _add(found, np.asarray(value))
    elif isinstance(value, _PLAIN):
        text = value if isinstance(value, bytes) else repr(value).encode()
        found.update(f"{type(value).__name__}{len(text)}:".encode())
        found.update(text)
    elif isinstance(value, Mapping):
        found.update(f"map{len(value)}".encode())
        for name, each in value.items():
            _add(found, name)
            _add(found, each)
    elif isinstance(value, Sequence):
        found.update(f"{type(value).__name__}{len(value)}".encode())
        for each in value:
            _add(found, each)
    elif hasattr(value, "__dataclass_fields__"):
        found.update(type(value).__name__.encode())
        _add(found, {name: getattr(value, name) for name in value.__dataclass_fields__})
    else:
        raise TypeError(type(value))

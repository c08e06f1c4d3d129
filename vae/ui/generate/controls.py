"""The Generate page's controls: each stands in the address, so that a link gives it again.

A control is kept while another view is shown and on the way back to the page. Streamlit's own
binding to the address would forget it as soon as its view is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import streamlit as st

T = TypeVar("T")

_KEPT = "generate-kept"
_NOTED = "generate-noted"
_SHOWN = "generate-shown"
_RUN = "generate-run"
_ANY = "any class"


def widget_key(name: str) -> str:
    """Return the session's key of the control called ``name`` in the address."""
    return f"generate-{name}"


def begin(run: str, of_run: Sequence[str]) -> None:
    """Begin a view of a run: from here on its controls are those in the address.

    What the controls ``of_run`` held of another run is forgotten: it means nothing in this one.
    """
    state = st.session_state
    state[_SHOWN] = set()
    if state.get(_RUN, run) != run:
        noted = state.setdefault(_NOTED, {})
        for name in of_run:
            state.get(_KEPT, {}).pop(name, None)
            state.pop(widget_key(name), None)
            if name in noted and st.query_params.get(name) == noted[name]:
                st.query_params.pop(name, None)
            noted.pop(name, None)
    state[_RUN] = run


def end() -> None:
    """Take the controls of other views out of the address."""
    noted: dict[str, str | None] = st.session_state.setdefault(_NOTED, {})
    for name in set(noted) - st.session_state[_SHOWN]:
        if noted[name] is not None:
            st.query_params.pop(name, None)
            noted[name] = None


def control(
    name: str,
    default: T,
    parse: Callable[[str], T | None],
    fits: Callable[[Any], bool],
    choices: str,
    show: Callable[[str], T],
    write: Callable[[T], str] = str,
) -> T:
    """Show a control that begins with what the address, or the way here, says; return its value.

    Parameters
    ----------
    name
        Its name in the address; the default does not stand there.
    parse
        Reads it from the address; None where that cannot be read.
    fits
        Whether a value can be chosen here. Another run may have fewer images or dimensions.
    choices
        What it can be, for a sentence about an address that asks for something else.
    show
        Makes the widget with the session's key that it is given.
    """
    state, key = st.session_state, widget_key(name)
    kept: dict[str, Any] = state.setdefault(_KEPT, {})
    noted: dict[str, str | None] = state.setdefault(_NOTED, {})
    text = st.query_params.get(name)
    if text is not None and text != noted.get(name):
        value = parse(text)
        if value is None or not fits(value):
            st.warning(
                f"The address asks for {name} “{text[:64]}”, which does not fit here: it can be "
                f"{choices}.",
                icon=":material/warning:",
            )
            value = default
        state[key] = value
    elif key not in state:
        state[key] = kept.get(name, default)
    elif text is None and noted.get(name) is not None:
        state[key] = default  # the browser's way back
    if not fits(state[key]):
        state[key] = default
    chosen = show(key)
    kept[name] = chosen
    noted[name] = None if chosen == default else write(chosen)
    if noted[name] is None:
        if text is not None:
            st.query_params.pop(name, None)
    elif text != noted[name]:
        st.query_params[name] = noted[name] or ""
    state.setdefault(_SHOWN, set()).add(name)
    return chosen


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 12 else None


def whole(
    label: str,
    name: str,
    low: int,
    high: int,
    default: int,
    *,
    help: str | None = None,
    width: int = 150,
    slider: bool = False,
) -> int:
    """Show a whole number from ``low`` to ``high``, as a field or as a slider."""

    def show(key: str) -> int:
        if slider:
            return int(st.slider(label, low, high, step=1, key=key, help=help, width=width))
        return int(st.number_input(label, low, high, step=1, key=key, help=help, width=width))

    if high <= low:
        return low
    choices = f"a whole number from {low} to {high}"
    return control(name, min(max(default, low), high), _whole, _within(low, high), choices, show)


def _within(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and low <= value <= high


def _real(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def real(
    label: str, name: str, low: float, high: float, default: float, step: float, *, help: str
) -> float:
    """Show a number from ``low`` to ``high`` as a slider."""
    return control(
        name,
        default,
        _real,
        _within(low, high),
        f"a number from {low:g} to {high:g}",
        lambda key: float(st.slider(label, low, high, step=step, key=key, help=help, width=220)),
        write=lambda value: f"{value:g}",
    )


def pick(
    label: str,
    name: str,
    options: Sequence[str],
    default: str | None = None,
    *,
    titles: Mapping[str, str] | None = None,
    segmented: bool = False,
    help: str | None = None,
    width: int = 150,
    label_visibility: Any = "visible",
) -> str:
    """Show a choice of one of ``options``; ``titles`` are what they are called on the page."""

    def title(option: str) -> str:
        return option if titles is None else titles[option]

    def show(key: str) -> str:
        if segmented:
            segment = st.segmented_control(
                label,
                options,
                required=True,
                format_func=title,
                key=key,
                help=help,
                label_visibility=label_visibility,
            )
            return segment or options[0]
        chosen: str = st.selectbox(
            label, options, format_func=title, key=key, help=help, width=width
        )
        return chosen

    some = ", ".join(options[:20]) + (" …" if len(options) > 20 else "")
    return control(
        name,
        options[0] if default is None else default,
        lambda text: text,
        lambda value: value in options,
        f"one of {some}",
        show,
    )


def toggle(label: str, name: str, *, default: bool = False, help: str | None = None) -> bool:
    """Show a switch."""
    return control(
        name,
        default,
        lambda text: {"1": True, "0": False}.get(text),
        lambda value: isinstance(value, bool),
        "0 or 1",
        lambda key: st.toggle(label, key=key, help=help),
        write=lambda value: str(int(value)),
    )


def text(label: str, name: str, default: str, *, help: str) -> str:
    """Show a line of text."""
    return control(
        name,
        default,
        lambda found: found,
        lambda value: isinstance(value, str),
        "any text",
        lambda key: st.text_input(label, key=key, help=help),
    )


def _draw(key: str, members: Sequence[int] | int) -> None:
    rng = np.random.default_rng()
    st.session_state[key] = int(rng.choice(members) if members else 0)


def seed() -> int:
    """Show the seed of what is drawn, and a button for another one."""
    most = 2**31 - 1
    chosen = whole(
        "Seed", "seed", 0, most, 0, help="The same seed draws the same pictures again.", width=130
    )
    st.button(
        "Draw anew",
        icon=":material/casino:",
        key="generate-anew",
        on_click=_draw,
        args=(widget_key("seed"), 10_000),
    )
    return chosen


def image(
    name: str,
    labels: Sequence[int],
    class_name: Callable[[int], str],
    *,
    label: str = "Test image",
    default: int = 0,
) -> int:
    """Show the choice of a test image by its number, or drawn at random, of a class or any.

    Parameters
    ----------
    labels
        The label of each test image, at least one.
    """
    key = widget_key(name)
    chosen = whole(
        label,
        name,
        0,
        len(labels) - 1,
        default,
        help="Its number among the test images that the run has encoded.",
        width=140,
    )
    found = sorted(set(labels))
    filter_key = f"{key}-class"
    if st.session_state.get(filter_key, _ANY) not in (_ANY, *found):
        del st.session_state[filter_key]

    def draw() -> None:
        wanted = st.session_state.get(filter_key, _ANY)
        members = [i for i, other in enumerate(labels) if wanted in (_ANY, other)]
        _draw(key, members)

    def draw_of_class() -> None:
        if st.session_state.get(filter_key, _ANY) != _ANY:
            draw()

    st.selectbox(
        "of class",
        [_ANY, *found],
        format_func=lambda option: option if option == _ANY else class_name(option),
        key=filter_key,
        on_change=draw_of_class,
        width=140,
        help="Draws an image of that class; the button draws another one.",
    )
    st.button(
        "Another",
        icon=":material/casino:",
        key=f"{key}-random",
        on_click=draw,
        help="Draw a test image at random",
    )
    return chosen

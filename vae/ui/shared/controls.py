"""Controls that stand in the page's address, so that a link or a reload brings them back.

A control is kept while another view is shown and on the way back to the page, and a value of the
address that does not fit gives way to the default, with a sentence. Streamlit's own
``bind="query-params"`` does neither: it passes an empty value on as None, and it writes what an
option is called on the page rather than its name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from vae.errors import UserError
from vae.locale import _
from vae.locale.numbers import formatted
from vae.ui.shared.errors import quoted, sentence
from vae.ui.shared.show import show_warning

T = TypeVar("T")

MAX_SEED = 2**31 - 1
_LISTED = 20
"""Options that a sentence names."""


@dataclass
class _Memory:
    """What a session knows of a page's controls, by their names in the address."""

    kept: dict[str, Any] = field(default_factory=dict)
    """Values when they were last shown."""
    written: dict[str, str | None] = field(default_factory=dict)
    """What the page wrote into the address: anything else there is a link, or the way back."""
    shown: set[str] = field(default_factory=set)
    run: str = ""


class Controls:
    """The controls of one page; their values live in the session.

    ``page`` names it there; ``prefix`` begins the keys of the widgets, before their names in the
    address.
    """

    def __init__(self, page: str, prefix: str = "") -> None:
        self._page = f"controls-{page}"
        self._prefix = prefix

    @property
    def _memory(self) -> _Memory:
        found: _Memory = st.session_state.setdefault(self._page, _Memory())
        return found

    def key(self, name: str) -> str:
        return self._prefix + name

    def begin(self, run: str = "", of_run: Sequence[str] = ()) -> None:
        """Begin a view, whose controls are those that follow until :meth:`end`.

        What the controls ``of_run`` held of another run is forgotten: it means nothing in this one.
        """
        memory = self._memory
        memory.shown = set()
        if memory.run not in ("", run):
            for name in of_run:
                memory.kept.pop(name, None)
                st.session_state.pop(self.key(name), None)
                written = memory.written.pop(name, None)
                if written is not None and st.query_params.get(name) == written:
                    st.query_params.pop(name, None)
        memory.run = run

    def end(self) -> None:
        """Take the controls of other views out of the address."""
        memory = self._memory
        for name in set(memory.written) - memory.shown:
            if memory.written[name] is not None:
                st.query_params.pop(name, None)
                memory.written[name] = None

    def control(
        self,
        name: str,
        default: T,
        parse: Callable[[str], T | None],
        fits: Callable[[Any], bool],
        choices: str,
        show: Callable[[str], T],
        *,
        write: Callable[[T], str] = str,
        key: str = "",
        hidden: bool = False,
    ) -> T:
        """Show a control that begins with what the address, or the way here, says.

        The default does not stand there. ``parse`` reads the address, None where that cannot be;
        ``fits`` tells whether a value can be chosen here, since another run may have fewer images
        or dimensions, and ``choices`` what can, for a sentence. ``show`` makes the widget with the
        session's key. ``hidden`` only checks the address, for a control without use at the moment.
        """
        memory, state, key = self._memory, st.session_state, key or self.key(name)
        text = st.query_params.get(name)
        written = memory.written.get(name)
        if text is not None and text != written:
            value = parse(text)
            is_known = value is not None and fits(value)
            if not is_known:
                show_warning(
                    _(
                        "The address asks for {name} {text}, which does not fit here: it can be "
                        "{choices}."
                    ).format(name=name, text=quoted(text), choices=choices)
                )
                st.query_params.pop(name, None)
            if not hidden:
                state[key] = value if is_known else default
        elif key not in state:
            state[key] = memory.kept.get(name, default)
        elif text is None and written is not None:
            state[key] = default  # the browser's way back
        if hidden:
            return default
        if not fits(state[key]):
            state[key] = default
        chosen = show(key)
        memory.kept[name] = chosen
        memory.shown.add(name)
        memory.written[name] = now = None if chosen == default else write(chosen)
        if now is None:
            st.query_params.pop(name, None)
        elif text != now:
            st.query_params[name] = now
        return chosen

    def whole(
        self,
        label: str,
        name: str,
        low: int,
        high: int,
        default: int,
        *,
        slider: bool = False,
        key: str = "",
        hidden: bool = False,
        **widget: Any,
    ) -> int:
        if high <= low:
            return low
        make: Callable[..., Any] = st.slider if slider else st.number_input
        options = {"step": 1, "width": 150} | widget
        return self.control(
            name,
            min(max(default, low), high),
            lambda text: int(text) if text.isdecimal() and len(text) < 12 else None,
            _within(low, high),
            _("a whole number from {low} to {high}").format(low=low, high=high),
            lambda key: int(make(label, low, high, key=key, **options)),
            key=key,
            hidden=hidden,
        )

    def real(
        self,
        label: str,
        name: str,
        low: float,
        high: float,
        default: float,
        step: float,
        *,
        slider: bool = True,
        **widget: Any,
    ) -> float:
        make: Callable[..., Any] = st.slider if slider else st.number_input
        options = {"width": 220} | widget
        return self.control(
            name,
            float(min(max(default, low), high)),
            _real,
            _within(low, high),
            _("a number from {low} to {high}").format(
                low=formatted(low, "g"), high=formatted(high, "g")
            ),
            lambda key: float(make(label, float(low), float(high), step=step, key=key, **options)),
            write=lambda value: f"{value:g}",
        )

    def pick(
        self,
        label: str,
        name: str,
        options: Sequence[T],
        default: T | None = None,
        *,
        titles: Mapping[T, str] | Callable[[T], str] = str,
        segmented: bool = False,
        **widget: Any,
    ) -> T:
        """Show a choice of one of ``options``; ``titles`` are what they are called on the page.

        The address holds an option as text; its title is understood as well.
        """
        title = titles if callable(titles) else titles.__getitem__
        first = options[0] if default is None else default

        def show(key: str) -> T:
            if segmented:
                choose: Callable[..., Any] = st.segmented_control
                chosen: T | None = choose(
                    label, options, required=True, format_func=title, key=key, **widget
                )
                return first if chosen is None else chosen
            box: Callable[..., Any] = st.selectbox
            found: T = box(label, options, format_func=title, key=key, **{"width": 150} | widget)
            return found

        texts = {title(option): option for option in options}
        texts |= {str(option): option for option in options}
        some = ", ".join(map(str, options[:_LISTED])) + (" …" if len(options) > _LISTED else "")
        return self.control(
            name,
            first,
            texts.get,
            lambda value: value in options,
            _("one of {some}").format(some=some),
            show,
        )

    def toggle(self, label: str, name: str, *, default: bool = False, **widget: Any) -> bool:
        texts = {"1": True, "0": False, "true": True, "false": False}
        return self.control(
            name,
            default,
            texts.get,
            lambda value: isinstance(value, bool),
            _("0 or 1"),
            lambda key: st.toggle(label, key=key, **widget),
            write=lambda value: str(int(value)),
        )

    def text(self, label: str, name: str, default: str, *, help: str) -> str:
        return self.control(
            name,
            default,
            str,
            lambda value: isinstance(value, str),
            _("any text"),
            lambda key: st.text_input(label, key=key, help=help),
        )

    def seed(self, name: str = "seed", *, help: str, again: bool = True, width: int = 130) -> int:
        """Show the seed of what is drawn, with ``again`` and a button for another one."""
        chosen = self.whole(_("Seed"), name, 0, MAX_SEED, 0, help=help, width=width)
        if again:
            st.button(
                _("Resample"),
                icon=":material/casino:",
                key=self.key("anew"),
                on_click=draw_number,
                args=(self.key(name), 10_000),
            )
        return chosen


def draw_number(key: str, members: Sequence[int] | int) -> None:
    """Let a widget hold one of some numbers, drawn at random."""
    st.session_state[key] = int(np.random.default_rng().choice(members)) if members else 0


def _within(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and low <= value <= high


def _real(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def read_address(name: str, parse: Callable[[str], T]) -> T | None:
    """Return what the address says under a name; None, and the reason, where it cannot be read.

    ``parse`` reads the text, and raises UserError with what is wrong.
    """
    text = st.query_params.get(name)
    if text is None:
        return None
    try:
        return parse(text)
    except UserError as error:
        show_warning(sentence(error))
        st.query_params.pop(name, None)
        return None

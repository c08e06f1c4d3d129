"""The Generate page's controls, and its choice of a test image."""

from collections.abc import Callable, Sequence

import streamlit as st

from vae.locale import N_, _
from vae.ui.shared.controls import Controls, draw_number

controls = Controls("generate", prefix="generate-")

_ANY = N_("any class")


def pick_seed() -> int:
    """Show the seed of what is drawn."""
    return controls.seed(help=_("The same seed draws the same pictures again."))


def pick_image(
    name: str,
    labels: Sequence[int],
    class_name: Callable[[int], str],
    *,
    label: str = "",
    default: int = 0,
) -> int:
    """Show the choice of a test image, by number or drawn at random, of any class of ``labels``."""
    key = controls.key(name)
    chosen = controls.whole(
        label or _("Test image"),
        name,
        0,
        len(labels) - 1,
        default,
        help=_("Its number among the test images that the run has encoded."),
        width=140,
    )
    found = sorted(set(labels))
    filter_key = f"{key}-class"
    if st.session_state.get(filter_key, _ANY) not in (_ANY, *found):
        del st.session_state[filter_key]

    def draw() -> None:
        wanted = st.session_state.get(filter_key, _ANY)
        draw_number(key, [i for i, other in enumerate(labels) if wanted in (_ANY, other)])

    def draw_of_class() -> None:
        if st.session_state.get(filter_key, _ANY) != _ANY:
            draw()

    st.selectbox(
        _("of class"),
        [_ANY, *found],
        format_func=lambda option: _(_ANY) if option == _ANY else class_name(option),
        key=filter_key,
        on_change=draw_of_class,
        width=140,
        help=_("Draws an image of that class; the button draws another one."),
    )
    st.button(
        _("Another"),
        icon=":material/casino:",
        key=f"{key}-random",
        on_click=draw,
        help=_("Draw a test image at random"),
    )
    return chosen

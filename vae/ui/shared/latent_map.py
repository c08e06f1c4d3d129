"""The latent map on a page: two Streamlit components behind two typed functions.

A *carrier* brings a run's bytes (:func:`vae.latent.export.run_payload`) into the page and a *view*
shows them. They are two because a component's message is sent again whenever any part of it
changes: so the weights travel once, and a rerun sends a few hundred bytes. They find each other in
the page by the run's name, whichever comes first.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from vae.analysis.explore import SelectedAnswer
from vae.analysis.map_display import Display
from vae.ui.shared.component import Component

_carrier = Component("carrier", "lib/carrier.js")
_view = Component("map", "map/main.js", ("z", "selected", "label", "display", "epochs", "path"))


class ViewState(NamedTuple):
    """Where the reader has left the view; None until something was moved or clicked."""

    z: tuple[float, ...] | None
    """Where z last came to rest, as rounded as the payload's ``decimals`` say."""
    selected: int | None
    """Index of the selected test code."""
    label: int | None = None
    """The label that a conditional decoder is told."""
    display: Display | None = None
    """What is to be seen apart from z; None until something of it was changed."""
    has_selected: bool = False
    """Whether a code was selected or let go."""
    wants_epochs: bool = False
    """Whether the codes by epoch are asked for: :mod:`vae.latent.epochs`."""
    path: object = None
    """Places of a path that was drawn, as the browser sent them."""


def send_run(key: str, payload: bytes) -> None:
    """Bring a run into the page; its bytes travel once and stay while this is called.

    The carrier shows nothing but takes a row of the page: call it last.

    Parameters
    ----------
    key
        Streamlit's key, one for each run.
    payload
        From :func:`vae.latent.export.run_payload`.
    """
    _carrier(key=key, data=payload)


def latent_map(
    run: str,
    *,
    z: Sequence[float] | None = None,
    revision: str = "",
    selected: SelectedAnswer | None = None,
    label: int | None = None,
    display: Display | None = None,
    has_epochs: bool = False,
    is_compact: bool = False,
    key: str = "latent_map",
    on_z_change: Callable[[], None] | None = None,
    on_selected_change: Callable[[], None] | None = None,
    on_label_change: Callable[[], None] | None = None,
) -> ViewState:
    """Show the latent map of a run that :func:`send_run` brings.

    Parameters
    ----------
    run
        The ``run`` of the payload's header.
    z
        Where to begin, ``latent_dim`` numbers; the payload's ``centre`` if None or of another
        length.
    revision
        The view takes ``z`` (and ``label``, ``display`` and ``selected``) from here only at first
        and when this text changes: a rerun never throws away a newer z of the reader's.
    selected
        The answer about the code that the state names; at a new ``revision`` that code is selected.
    label
        The label to begin with, where the decoder is told one; its first if None.
    display
        What to show at first apart from z.
    has_epochs
        Whether the codes of several epochs can be asked for.
    is_compact
        Whether only map and picture are shown.
    key
        Streamlit's key; the state stands in ``st.session_state`` under it.
    on_z_change, on_selected_change, on_label_change
        Called before the rerun that a change causes.
    """
    data: dict[str, Any] = {
        "run": run,
        "z": None if z is None else [round(float(value), 9) for value in z],
        "label": label,
        "display": display,
        "epochs": has_epochs,
        "revision": revision,
        "selected": selected,
    }
    if is_compact:
        data["compact"] = True
    state = _view(
        key=key,
        data=data,
        on_z_change=on_z_change,
        on_selected_change=on_selected_change,
        on_label_change=on_label_change,
    )
    moved, index, told = state.get("z"), state.get("selected"), state.get("label")
    return ViewState(
        z=None if moved is None else tuple(float(value) for value in moved),
        selected=None if index is None else int(index),
        label=None if told is None else int(told),
        display=state.get("display"),
        has_selected="selected" in state,
        wants_epochs=bool(state.get("epochs")),
        path=state.get("path"),
    )

"""The scatter plot of an embedding on a page: a Streamlit component behind a typed function.

Points, and values to colour them by, travel as bytes in carriers of their own
(:func:`vae.ui.shared.latent_map.send_run`), once; this component's message holds their names and
what Python has to say of the selection.
"""

from typing import Any, NamedTuple, TypedDict

from vae.analysis.embeddings.terms import GroupAnswer, PickedAnswer
from vae.ui.shared.component import Component

_scatter = Component("scatter", "scatter/main.js", ("picked", "lasso", "open"))


class ShownAnswer(PickedAnswer):
    """A picked code's answer with what the panel shows beside it."""

    label: int
    href: str | None
    """Address of the Explore page at its code; None where that page has no such place."""


class PointsHeader(TypedDict):
    """The header of the points' payload.

    The arrays are ``xy`` (float32, ``(n, 2)``), ``index`` (int32, ``(n,)``: which test image) and
    ``label`` (int32, ``(n,)``: its class, or -1).
    """

    run: str
    """Names the points in the page."""
    title: str
    total: int
    """Test codes of the run, of which the points may be a part."""
    class_names: list[str]
    image_shape: list[int]
    axes: list[str]
    has_ticks: bool
    """False where the numbers on the axes mean nothing."""
    is_line: bool
    """True where only across means something."""
    code: str
    """What a code is called: ``mu`` where it is the middle of a cloud."""


class ValuesHeader(TypedDict):
    """The header of the values' payload, whose array ``value`` is float32, ``(total,)``."""

    run: str
    name: str
    unit: str
    low: float
    high: float
    """Ends of the colour scale."""


class ScatterState(NamedTuple):
    """What the reader has done; None where nothing was since the component came on the page."""

    picked: int | None
    """Test image; negative where it was let go."""
    lasso: str | None
    """Mask for :func:`vae.analysis.embeddings.terms.read_mask`; empty where it was let go."""
    opened: int | None
    """Test image whose place was asked for, in the rerun that this causes."""


def read_state(state: Any) -> ScatterState:
    """Read a component's state, as ``st.session_state`` holds it or as a call returns it."""
    found = state or {}
    picked, lasso, opened = found.get("picked"), found.get("lasso"), found.get("open")
    return ScatterState(
        picked=int(picked) if isinstance(picked, int | float) else None,
        lasso=lasso if isinstance(lasso, str) else None,
        opened=int(opened) if isinstance(opened, int | float) else None,
    )


def scatter(
    points: str,
    *,
    values: str | None,
    picked: ShownAnswer | None,
    group: GroupAnswer | None,
    key: str,
) -> ScatterState:
    """Show points that a carrier brings under the name ``points``.

    ``values`` names those to colour by; None colours by class. ``picked`` and ``group`` answer what
    the state names, which stands in ``st.session_state`` under ``key``; at first they are selected.
    """
    data: dict[str, Any] = {"points": points, "values": values, "picked": picked, "group": group}
    return read_state(_scatter(key=key, data=data))

"""The Generate page: one of its views of a run, or why that view does not apply."""

from collections.abc import Callable

import streamlit as st

from vae.analysis.generate import VIEWS, why_not
from vae.data import known_spec
from vae.locale import _
from vae.runs import Run
from vae.ui.generate.codebook import codebook_view
from vae.ui.generate.controls import controls
from vae.ui.generate.dataset import dataset_view
from vae.ui.generate.grids import manifold_view, samples_view, traversals_view
from vae.ui.generate.paths import arithmetic_view, classes_view, interpolation_view
from vae.ui.generate.shown import LoadedRun, load
from vae.ui.shared import obtain
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.shell import begin_answer
from vae.ui.shared.show import show_note, show_warning

SHOW: dict[str, Callable[[LoadedRun], None]] = {
    "samples": samples_view,
    "manifold": manifold_view,
    "traversals": traversals_view,
    "interpolation": interpolation_view,
    "arithmetic": arithmetic_view,
    "classes": classes_view,
    "codebook": codebook_view,
    "dataset": dataset_view,
}
"""How each of :data:`vae.analysis.generate.VIEWS` is shown."""

OF_RUN = ("za", "zb")
"""Controls that hold a place in one run's latent space."""


@st.fragment
@errors_shown()
def view(run: Run) -> None:
    """Show the view that is chosen; a control of it reruns only this part of the page."""
    begin_answer()
    shown = load(run)
    controls.begin(run.name, OF_RUN)
    family, asked = run.config.model.family, st.query_params.get("view")
    name = controls.pick(
        _("View"),
        "view",
        # One that a link asks for says itself why it does not apply.
        tuple(view for view in VIEWS if view == asked or why_not(view, family) is None),
        titles={key: _(kind.title) for key, kind in VIEWS.items()},
        segmented=True,
        label_visibility="collapsed",
    )
    if shown.problem:
        show_warning(shown.problem)
    reason = why_not(name, family)
    if reason is not None:
        show_note(reason)
    else:
        with errors_shown():
            SHOW[name](shown)
    controls.end()
    if known_spec(run.config.data.dataset) is not None:
        obtain.offer(run.config.data.dataset)

"""One cursor for the latent spaces of several runs: maps and pictures that move together."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from vae.analysis import explore
from vae.analysis.compare.space import sharing
from vae.locale import _
from vae.models import check_family
from vae.runs import Run
from vae.ui.shared import loaders
from vae.ui.shared.component import Component
from vae.ui.shared.controls import read_address
from vae.ui.shared.latent_map import send_run
from vae.ui.shared.shell import begin_answer
from vae.ui.shared.take_away import takeable

_SCALES = ("z", "codes")

_maps = Component("compare", "compare/main.js", ("z", "scale", "label"))


def about(run: Run) -> str:
    """Say in a few words what a run is."""
    config = run.config
    return f"{check_family(config.model.family).title}, {config.data.dataset}"


def _start_z(lead: Run) -> list[float] | None:
    """Return the z of the address, in the numbers of the first run."""
    d, extent = lead.config.model.latent_dim, loaders.test_codes(lead, lead.version).extent
    return read_address(
        "z", lambda text: explore.parse_z(text, d, limit=extent.limit, decimals=extent.decimals)
    )


def _start_label(runs: Sequence[Run]) -> int | None:
    choices = sorted({c for run in runs for c in loaders.test_codes(run, run.version).choices})
    return (
        read_address("label", lambda text: explore.parse_label(text, choices)) if choices else None
    )


@st.fragment
def _maps_and_address(runs: list[Run], start: dict[str, Any]) -> None:
    """Show the maps; what comes back on release reruns only this, and goes into the address.

    Such a rerun gets the same start again: a component whose data are unchanged is not sent again.
    """
    begin_answer()
    key = f"compare-{'-'.join(run.name for run in runs)}"
    data = {
        "runs": [
            {"run": run.version, "about": about(run), "images": run.config.data.dataset}
            for run in runs
        ],
        "revision": ",".join(run.version for run in runs),
        **start,
    }
    state = _maps(key=key, data=data)
    z, scale, label = state.get("z"), state.get("scale"), state.get("label")
    if z is not None:
        decimals = loaders.test_codes(runs[0], runs[0].version).extent.decimals
        st.query_params["z"] = explore.format_z([float(value) for value in z], decimals)
    if scale in _SCALES:
        st.query_params["scale"] = scale
    if label is not None:
        st.query_params["label"] = str(int(label))


def shared_cursor(runs: Sequence[Run]) -> list[Run]:
    """Show the runs that share a latent size under one cursor; say of the others why not.

    Returns the runs shown, whose payloads :func:`send_payloads` brings.
    """
    kinds = [check_family(run.config.model.family) for run in runs]
    group = sharing(
        [run.name for run in runs],
        [run.config.model.latent_dim for run in runs],
        [kind.model.is_continuous for kind in kinds],
        [_(kind.title) for kind in kinds],
    )
    shown = [runs[place] for place in group.members]
    if shown:
        st.subheader(_("One cursor for all"), anchor="cursor")
        scale = st.query_params.get("scale")
        start = {
            "z": _start_z(shown[0]),
            "scale": scale if scale in _SCALES else None,
            "label": _start_label(shown),
        }
        with takeable("compared-maps", "compared-maps"):
            _maps_and_address(shown, start)
        if group.reasons:
            st.caption(
                _("Not under this cursor: {reasons}").format(reasons=" ".join(group.reasons))
            )
    else:
        st.caption(
            _(
                "No two of these runs can share a cursor, which takes the same latent size: "
                "{reasons}"
            ).format(reasons=" ".join(group.reasons))
        )
    return shown


def send_payloads(runs: Sequence[Run]) -> None:
    """Bring runs into the page; call it last, since the carriers take rows of it."""
    with st.container(gap=None):
        for run in runs:
            send_run(f"compare-carrier-{run.name}", loaders.payload(run, run.version))

"""Which runs the Compare page shows: kept in the session and, as ``runs=a,b``, in the address."""

from collections.abc import Mapping, Sequence

import streamlit as st

from vae.analysis.compare.settings import EXAMPLES, MOST, likeness
from vae.locale import N_, _
from vae.runs import Run
from vae.runs.titles import titles
from vae.training.recipes import DEFAULT_RUN
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.picker import KEPT, say_no_runs, say_not_here
from vae.ui.shared.show import show_warning

_KEPT = "compare-kept"
_WIDGET = "compare-runs"
_OF_THE_MAP = ("z", "scale", "label")


def companion(first: Run, runs: Sequence[Run]) -> Run | None:
    """Return the run to show beside another one: the one whose figures compare best with its."""
    others = (run for run in runs if run.name != first.name)
    return min(others, key=lambda other: likeness(first.config, other.config), default=None)


def _default(runs: Mapping[str, Run]) -> list[str]:
    wanted = (str(st.session_state.get(KEPT)), DEFAULT_RUN)
    name = next((name for name in wanted if name in runs), next(iter(runs)))
    beside = companion(runs[name], list(runs.values()))
    return [name] if beside is None else [name, beside.name]


_NOT_ALL = N_(
    "There is no trained run called {names} here (any more): the others are shown. Choose runs "
    "from the list."
)


def _asked(text: str, runs: Mapping[str, Run]) -> list[str]:
    """Return the runs of the address that are here; say which are not."""
    names = list(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))
    unknown = [name for name in names if name not in runs]
    if unknown:
        say_not_here(_NOT_ALL, unknown)
    found = [name for name in names if name in runs]
    if len(found) > MOST:
        show_warning(
            _(
                "At most {n} runs are shown side by side: these are the first {n} that "
                "the address asks for."
            ).format(n=MOST)
        )
    return found[:MOST]


def _show(names: Sequence[str]) -> None:
    st.session_state[_WIDGET] = list(names)


def _examples(runs: Mapping[str, Run]) -> None:
    for example in EXAMPLES:
        if all(name in runs for name in example.runs):
            st.button(
                _(example.title),
                icon=":material/compare:",
                help=_(
                    "Shows {runs} side by side, and the holes in the latent space of the first."
                ).format(runs=", ".join(example.runs)),
                on_click=_show,
                args=(example.runs,),
                key=f"example-{example.runs[0]}",
            )


@errors_shown()
def pick_runs() -> list[Run] | None:
    """Let the user choose the runs; say what to do, and return None, where there are none.

    The address comes first, then what was chosen here before, then the run of the other pages with
    one that is like it.
    """
    runs = {run.name: run for run in loaders.shown_runs()}
    if not runs:
        say_no_runs()
        return None
    text = st.query_params.get("runs")
    kept: str | None = st.session_state.get(_KEPT)
    if text is not None and text != kept:  # a link, or the browser's way back
        st.session_state[_WIDGET] = _asked(text, runs)
    elif _WIDGET not in st.session_state:
        names = [name for name in (kept or "").split(",") if name in runs]
        st.session_state[_WIDGET] = names or _default(runs)
    # A run may have been deleted since.
    _show([name for name in st.session_state[_WIDGET] if name in runs])
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        chosen: list[str] = st.multiselect(
            _("Runs"),
            list(runs),
            max_selections=MOST,
            format_func=titles(list(runs.values())).__getitem__,
            placeholder=_("Choose two to four runs"),
            key=_WIDGET,
            label_visibility="collapsed",
        )
    with right:
        _examples(runs)
    now = ",".join(chosen)
    if now != text:
        if text is not None and text == kept:
            # Other runs have other latent spaces: the old place means nothing in them.
            for name in _OF_THE_MAP:
                st.query_params.pop(name, None)
        st.query_params["runs"] = now
    st.session_state[_KEPT] = now
    return [runs[name] for name in chosen]

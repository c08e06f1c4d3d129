"""Which run a page shows: that of the address, else the session's, else the page's own."""

from collections.abc import Callable, Collection, Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.errors import UserError
from vae.locale import N_, _
from vae.runs import Run
from vae.runs.titles import titles
from vae.training.recipes import DEFAULT_RUN
from vae.ui.shared import loaders
from vae.ui.shared.errors import quoted, sentence
from vae.ui.shared.loaders import KEPT as KEPT
from vae.ui.shared.show import show_note, show_warning

_WRITTEN = "run-written"
"""Session key: the address's run as a page wrote it; another one is a link, or the way back."""
_PAGE = "run-page"
"""Session key: the page that held the choice last."""
_MOST_NAMES = 4
NOT_TRAINED = N_(
    "There is no trained run called {names} here (any more), so another one is shown. Choose a run "
    "from the list."
)
NOT_THERE = N_(
    "There is no run called {names} here (any more), so another one is shown. Choose a run from "
    "the list."
)


def say_no_runs() -> None:
    """Say what to do where there is no trained model."""
    show_note(
        _(
            "There is no trained model here yet. Train one with `python -m vae train "
            "--dataset digits`, or make the shipped ones again with `make "
            "pretrained`; then reload this page."
        )
    )


def say_not_here(message: str, names: Sequence[str]) -> None:
    """Say that what the address asks for is not here (any more), by a message with ``{names}``."""
    show_warning(_(message).format(names=", ".join(map(quoted, names[:_MOST_NAMES]))))


def asked_run(names: Collection[str], missing: str = NOT_TRAINED) -> str | None:
    """Return the run of the address; None where it names none, and where that is not here."""
    asked = st.query_params.get("run")
    if asked is None or asked in names:
        return asked
    say_not_here(missing, [asked])
    return None


def kept_run(names: Collection[str]) -> str | None:
    """Return the run that this session showed last, on any page, if it is one of these."""
    kept: str | None = st.session_state.get(KEPT)
    return kept if kept in names else None


def choose(name: str | None) -> None:
    """Make a run the one that pages show, here and in the address; None for none in particular."""
    if name is None:
        st.query_params.pop("run", None)
        st.session_state.pop(KEPT, None)
    else:
        st.query_params["run"] = name
        st.session_state[KEPT] = name


def pick(
    runs: Mapping[str, Run],
    default: str,
    *,
    missing: str = NOT_TRAINED,
    kept_among: Collection[str] | None = None,
    key: str = "picked-run",
    words: Mapping[str, str] | None = None,
    help: str = "",
) -> Run:
    """Let the user choose one of some runs; return it.

    ``default`` is shown where neither the address nor the session names one; of the session's runs
    only those ``kept_among``, where given, are taken up. ``missing`` is said where the address's
    run is none of them, ``words`` are what each is called in the list, ``key`` the widget's key.
    """
    asked = asked_run(runs, missing)
    kept = kept_run(runs if kept_among is None else kept_among)
    context = get_script_run_ctx()
    page = context.page_script_hash if context else ""
    # The widget of the page before may still be held.
    held = st.session_state.get(key) if page == st.session_state.get(_PAGE) else None
    st.session_state[_PAGE] = page
    is_link = asked is not None and asked != st.session_state.get(_WRITTEN)
    if held not in runs or is_link:
        held = asked or kept or default
    # Set anew each time: on another page a widget of this name would begin at its first option.
    st.session_state[key] = held
    words = words or titles(list(runs.values()))
    chosen: str = st.selectbox(
        _("Model"),
        list(runs),
        format_func=words.__getitem__,
        help=help or _("A trained model: its data and the number of latent dimensions."),
        label_visibility="collapsed",
        key=key,
    )
    is_choice = asked is not None and chosen != asked
    if is_choice:
        # Another model has another latent space: the old place means nothing in it.
        place = ("z", "label", "axes", "zoom", "class", "code", "names", "path", "pin", "picture")
        for name in place:
            st.query_params.pop(name, None)
    st.query_params["run"] = st.session_state[_WRITTEN] = chosen
    # What a page only begins with does not become the run of the others.
    if kept is not None or is_link or is_choice or KEPT not in st.session_state:
        st.session_state[KEPT] = chosen
    return runs[chosen]


def shown_by(runs: Mapping[str, Run], why_not: Callable[[Run], str]) -> dict[str, Run]:
    """Return those of some runs that a page can show; say why it does not show the address's run.

    ``why_not`` says why it cannot show a run, "" where it can. Where it can show
    none, all are returned, and the page says it itself.
    """
    reasons = {}
    for name, run in runs.items():
        try:
            reasons[name] = why_not(run)
        except UserError as error:
            reasons[name] = sentence(error)
    found = {name: run for name, run in runs.items() if not reasons[name]}
    asked = st.query_params.get("run", "")
    if found and reasons.get(asked):
        show_warning(reasons[asked] + " " + _("Another model is shown."))
        del st.query_params["run"]
    return found or dict(runs)


def pick_run(
    why_not: Callable[[Run], str] | None = None,
    first: Callable[[Run], bool] | None = None,
) -> Run | None:
    """Let the user choose a trained run; return it, or None (and say what to do) without any.

    ``why_not`` is that of :func:`shown_by`; ``first`` are the runs that the page opens on where the
    address names none.
    """
    shown = loaders.shown_runs()
    runs = {run.name: run for run in shown}
    if why_not is not None:
        runs = shown_by(runs, why_not)
    if not runs:
        say_no_runs()
        return None
    best = [name for name, run in runs.items() if first is not None and first(run)]
    default = DEFAULT_RUN if DEFAULT_RUN in runs else next(iter(runs))
    words = titles(shown)
    return pick(
        runs,
        best[0] if best else default,
        kept_among=best if best else None,
        words={name: words[name] for name in runs},
    )

"""Which run the Grow page shows: a growing one unless another is asked for."""

from collections.abc import Mapping

from vae import runs
from vae.analysis.grow import grows, why_not
from vae.locale import _
from vae.runs import Run, Status
from vae.runs.titles import titles
from vae.ui.shared import loaders
from vae.ui.shared.picker import NOT_THERE, pick, shown_by
from vae.ui.shared.run.state import LIVE, STATE_WORDS, shown_state


def pick_growing(states: Mapping[str, Status]) -> Run | None:
    """Let the user choose a run; return it, or None where there is none.

    Growing runs come first, own ones before those shipped, and may still wait or train; others
    need weights.
    """
    root = loaders.runs_root()
    found = {name: runs.open_run(name, root) for name in states}
    growing = {name: run for name, run in found.items() if grows(run.config)}
    trained = {name: run for name, run in found.items() if run.has_model}
    shown = shown_by(growing | trained, why_not)
    if not shown:
        return None
    live = (name for name in growing if shown_state(states[name]) in LIVE)

    words = titles(list(shown.values()))
    for name in shown:
        state = shown_state(states[name])
        if state != "done":
            words[name] += f" ({_(STATE_WORDS[state][0])})"

    return pick(
        shown,
        next(live, next(iter(shown))),
        missing=NOT_THERE,
        kept_among=growing,
        key="grow-run",
        words=words,
        help=_("Growing runs first. Of any other VAE the effect of its neurons is shown."),
    )

"""The models on Home, as small cards."""

from collections.abc import Sequence

import streamlit as st

from vae.analysis.models import Headline
from vae.locale import _
from vae.locale.numbers import number
from vae.runs import Run
from vae.runs.titles import titles
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.html import render
from vae.ui.shared.show import cards

A_ROW = 6
MOST = 6
"""Own models on Home: the newest."""


def _quality(found: Headline) -> str:
    """Say how good a run is: its ELBO, or its error where the family has no ELBO."""
    if found.neg_elbo is not None:
        return _("−ELBO {value} nats per image").format(value=number(found.neg_elbo))
    if found.mse is not None:
        return _("squared error {value} per pixel").format(value=number(found.mse))
    return _("not measured yet")


@errors_shown()
def _card(run: Run, title: str) -> None:
    version = run.version
    # As HTML: Streamlit would read and write a picture again each time.
    st.html(render("home", "picture", loaders.manifold(run, version), title))
    st.page_link("pages/explore.py", label=f"**{title}**", query_params={"run": run.name})
    st.caption(_quality(loaders.headline_of(run, version)))


def show_cards(heading: str, runs: Sequence[Run]) -> None:
    """Show a card for each of some runs, if there are any."""
    if not runs:
        return
    st.subheader(heading, anchor=False)
    words = titles(runs)
    with st.container(key=f"home-cards-{'own' if not runs[0].config.shipped else 'shipped'}"):
        for run in cards(runs, A_ROW):
            _card(run, words[run.name])

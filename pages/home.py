"""Home: a map to drag at once, the ways in, and the models."""

import streamlit as st

from vae.locale import _
from vae.training.recipes import DEFAULT_RUN
from vae.ui.home.cards import MOST, show_cards
from vae.ui.home.live_map import show_map
from vae.ui.shared import loaders
from vae.ui.shared.picker import say_no_runs
from vae.ui.shared.shell import begin_page

begin_page()


def doors() -> None:
    """Show the three ways in."""
    for page, label, words, icon in (
        (
            "explore",
            _("Explore"),
            _("Drag on the latent map, pin an image, see how the encoder reads it."),
            "explore",
        ),
        (
            "train",
            _("Train your own"),
            _("Choose a latent size and press Start: the model learns before your eyes."),
            "model_training",
        ),
        (
            "sheet",
            _("The laboratory sheet"),
            _("The experiments of a course, step by step, with figures to take away."),
            "menu_book",
        ),
    ):
        with st.container(border=True, gap="xxsmall"):
            st.page_link(f"pages/{page}.py", label=f"**{label}**", icon=f":material/{icon}:")
            st.caption(words)


st.title(_("Explore the latent space of an autoencoder"), anchor=False)
st.write(
    _(
        "A variational autoencoder describes an image by a few numbers, its latent code, and draws "
        "it again from them. Drag on the map: each place is a code, the picture its decoding."
    )
)
runs = loaders.shown_runs()
if not runs:
    say_no_runs()
else:
    shown = next((run for run in runs if run.name == DEFAULT_RUN), runs[0])
    left, right = st.columns([3, 1], gap="large")
    with left:
        show_map(shown)
    with right, st.container(key="home-doors"):
        doors()
    show_cards(_("Your models"), [run for run in runs if not run.config.shipped][:MOST])
    st.page_link("pages/models.py", label=_("All models in a table"), icon=":material/table_view:")
    show_cards(_("Models that come with the explorer"), [run for run in runs if run.config.shipped])

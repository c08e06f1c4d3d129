"""Home: what this is, and the models to explore."""

from typing import Any

import streamlit as st

from vae.analysis import explore
from vae.models import FAMILIES
from vae.runs import Run
from vae.runs.devices import describe_device
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.picker import say_no_runs
from vae.ui.shared.shell import begin_page
from vae.ui.shared.show import cards

begin_page()


def quality(figures: dict[str, Any] | None, epochs: list[dict[str, Any]]) -> str:
    """Say how good a run is: its ELBO, or its error where the family has no ELBO."""
    last = epochs[-1]["test"] if epochs else None
    if figures and figures["elbo"] is not None:
        return f"−ELBO **{-figures['elbo']:.1f}** nats"
    if figures:
        return f"squared error per pixel **{figures['mse']:.4f}**"
    if last and last["kl"] is not None:
        return f"−ELBO **{last['recon_loss'] + last['kl']:.1f}** nats"
    return f"reconstruction loss **{last['recon_loss']:.4g}**" if last else "not measured yet"


@errors_shown()
def card(run: Run) -> None:
    """Show a run: its picture, what it was trained on, how good it is, and the way in."""
    config, figures, epochs = run.config, run.evaluation(), run.epochs()
    d = config.model.latent_dim
    st.subheader(run.name, anchor=False)
    kind = explore.picture_kind(config.model)
    picture = loaders.manifold(run, run.version)
    st.image(picture, width="stretch", caption=kind.capitalize(), alt=f"{run.name}, {kind}")
    origin = "shipped" if config.shipped else "yours"
    st.markdown(
        f"{FAMILIES[config.model.family].title} · {config.data.dataset} · latent size **{d}** · "
        f"{quality(figures, epochs)} · {origin}"
    )
    st.page_link(
        "pages/explore.py",
        label="Explore",
        icon=":material/explore:",
        query_params={"run": run.name},
    )


st.title("Explore the latent space of an autoencoder", anchor=False)
st.write(
    "A variational autoencoder describes each image by a few numbers and learns to draw it again "
    "from them. Drag through those numbers and watch the picture change: that is the latent space."
)
if st.button("Open the map and drag", icon=":material/explore:", type="primary"):
    st.switch_page("pages/explore.py")
st.caption(f"Training here uses {describe_device()}.")

runs = loaders.shown_runs()
if not runs:
    say_no_runs()
for run in cards(runs):
    card(run)

"""Embeddings: the codes of a run laid out by mu, PCA, t-SNE or UMAP."""

import streamlit as st

from vae.locale import _, language
from vae.runs import Run
from vae.ui.embeddings import controls
from vae.ui.embeddings import data as embed_data
from vae.ui.embeddings import view as embed_view
from vae.ui.embeddings.controls import Choice
from vae.ui.embeddings.data import Embedding, RunData
from vae.ui.shared import loaders, obtain
from vae.ui.shared.latent_map import send_run
from vae.ui.shared.shell import show_page
from vae.ui.shared.show import show_note, show_warning
from vae.ui.shared.take_away import takeable


def embedding_of(run: Run, choice: Choice) -> Embedding | None:
    """Return what is asked for; None where it has yet to be computed."""
    if choice.settings is not None:
        return embed_data.computed_embedding(run, choice.settings)
    if choice.method == "mu":
        return embed_data.mu_embedding(run, run.version, choice.dims, language())
    return embed_data.pca_embedding(run, run.version, language())


def values_of(run: Run, data: RunData, choice: Choice) -> tuple[str, bytes] | None:
    """Return what to colour by, name and bytes; None for the class, and where it is not known."""
    if choice.colour == "label":
        return None
    if choice.colour == "kl" and data.no_kl:
        show_note(_(data.no_kl) + " " + _("The points have the colours of their classes."))
        return None
    if choice.colour == "kl" and data.kl is not None:
        return embed_data.values_payload(run, "kl", data.kl)
    costs = embed_data.costs(run)
    what = _(embed_data.COLOURS[choice.colour])
    if costs is None:
        show_warning(
            _(
                "{what} is measured on the originals, which are not on this machine: the "
                "points have the colours of their classes instead."
            ).format(what=what)
        )
        return None
    if costs.is_live:
        st.caption(_("{what} is being measured: until then, classes.").format(what=what))
        return None
    if costs.state == "failed":
        show_warning(costs.error)
        return None
    found = costs.result
    values = found.kl if choice.colour == "kl" else found.recon_loss
    return None if values is None else embed_data.values_payload(run, choice.colour, values)


def show(run: Run) -> None:
    st.query_params.pop("z", None)  # Left in the history by the way to Explore.
    data = embed_data.run_data(run, run.version)
    # Beside the plot on a wide screen; on a phone what is measured comes after it (style.css).
    with st.container(key="embeddings-body"):
        side, place, kept = st.columns([1, 3.4, 1], gap="medium")
    with side:
        choice = controls.controls(data)
    shown = embedding_of(run, choice)
    payloads = []
    with place:
        if shown is not None:
            values = values_of(run, data, choice)
            payloads = [embed_data.points_payload(run, run.version, shown.name, shown)]
            payloads += [values[1]] if values else []
            with takeable("embedding", f"{run.name}-{choice.method}"):
                embed_view.plot(run, data, shown.name, values[0] if values else None)
        elif choice.settings is not None:
            embed_view.work(run, data, choice.settings)
    with kept:
        if shown is not None:
            embed_view.beside(run, shown, choice)
        if choice.settings is not None:
            embed_view.no_way_back(run, choice.settings, is_shown=shown is not None)
    obtain.offer(run.config.data.dataset)
    # Last, because carriers show nothing but take a row.
    for name, payload in zip(("points", "values"), payloads, strict=False):
        send_run(f"carrier-{name}", payload)
    # What the first click needs is loaded before it comes; a damaged model is told of here.
    loaders.model(run, run.version)
    loaders.prepare_images(run.config.data.dataset)


show_page(_("Embeddings"), show, is_low=True)

"""The laboratory sheet of a course: its steps, each a link that opens the right page."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import streamlit as st

from vae.locale import _
from vae.runs import Run
from vae.runs.titles import title
from vae.ui.shared.loaders import shown_runs
from vae.ui.shared.picker import kept_run


class Step(NamedTuple):
    """One step: what to do, what to look for, and the page to do it on."""

    title: str
    do: str
    look: str
    page: str
    label: str
    query: Mapping[str, str] = MappingProxyType({})


def _steps(run: str) -> Iterator[Step]:
    """Return the steps; those about a model open it on ``run``."""
    yield Step(
        _("Train the network of the sheet"),
        _(
            "The preset “Laboratory sheet” is linear, ReLU, linear on both sides, with Bernoulli "
            "pixels and 2 latent dimensions. Press Start. Train it again with 5, 10 and 20."
        ),
        _("Which of the two parts of the loss, reconstruction or KL, falls and which rises?"),
        "train",
        _("Train"),
        {"preset": "sheet"},
    )
    yield Step(
        _("Originals and reconstructions as training goes on"),
        _("Show the grid of epochs and images, for training images, then for test images."),
        _("When do strokes become sharp? Are training images reconstructed better?"),
        "reconstructions",
        _("Reconstructions"),
        {"run": run},
    )
    yield Step(
        _("Samples from the prior as training goes on"),
        _("Decode z drawn from N(0, I), and let each pixel be drawn from its Bernoulli."),
        _("Which samples look like no digit? Where on the map do they lie?"),
        "generate",
        _("Generate"),
        {"run": run},
    )
    yield Step(
        _("Walk through the latent space"),
        _("Drag across the map along one axis, then along the other."),
        _("What does each dimension change: slant, width, class?"),
        "explore",
        _("Latent map"),
        {"run": run},
    )
    yield Step(
        _("Embeddings by label"),
        _("Plot the first two coordinates of mu, coloured by class; then PCA and t-SNE."),
        _("Which classes overlap, although the model was told no class?"),
        "embeddings",
        _("Embeddings"),
        {"run": run},
    )
    yield Step(
        _("The influence of the latent size"),
        _("Set your models with 2, 5, 10 and 20 dimensions side by side."),
        _("Reconstruction gets better with d. What happens to the KL, and to the samples?"),
        "compare",
        _("Side by side"),
    )


def _subject(runs: list[Run]) -> Run | None:
    """Return the model that the steps are about: the one in use, else the newest own one."""
    names = {run.name: run for run in runs}
    return names.get(kept_run(names) or "", runs[0] if runs else None)


def show_sheet() -> None:
    """Show the steps."""
    run = _subject(shown_runs())
    st.write(
        _(
            "Each step says what to do and what to look for, and opens the page for it. Every "
            "figure there can be taken away as a file for your report."
        )
    )
    if run is not None:
        st.caption(_("The links open the model “{model}”.").format(model=title(run)))
    for number, step in enumerate(_steps(run.name if run else ""), 1):
        with st.container(border=True):
            words, way = st.columns([4, 1], vertical_alignment="center")
            words.markdown(f"**{number}. {step.title}**")
            words.markdown(f"{step.do}\n\n*{step.look}*")
            way.page_link(
                f"pages/{step.page}.py",
                label=step.label,
                icon=":material/arrow_forward:",
                query_params=dict(step.query) or None,
            )

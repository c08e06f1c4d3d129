"""A model on a page of its own: overview, measures, settings, what can be taken away."""

import streamlit as st

from vae.analysis.compare.settings import settings
from vae.analysis.models import KNN_MEANS, Headline, headline
from vae.locale import _
from vae.locale.numbers import count, duration, number, percent
from vae.models import check_family
from vae.runs import Run, Status
from vae.runs.titles import title
from vae.ui.models import measures
from vae.ui.shared import loaders
from vae.ui.shared.controls import Controls
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.exports import show_exports
from vae.ui.shared.picker import choose
from vae.ui.shared.run.actions import actions, why_it_ended
from vae.ui.shared.run.state import LIVE, STATE_WORDS, shown_state

_controls = Controls("model", "model-")
OVERVIEW, MEASURES, SETTINGS, EXPORTS = "overview", "measures", "settings", "exports"


def _links(run: Run) -> None:
    """Show the ways on from a model."""
    with st.container(horizontal=True):
        for page, label, icon in (
            ("explore", _("Latent map"), "explore"),
            ("draw", _("Draw"), "draw"),
            ("generate", _("Generate"), "auto_awesome"),
            ("embeddings", _("Embeddings"), "scatter_plot"),
            ("reconstructions", _("Reconstructions"), "flip"),
        ):
            st.page_link(
                f"pages/{page}.py",
                label=label,
                icon=f":material/{icon}:",
                query_params={"run": run.name},
            )


def _overview(run: Run) -> None:
    config, figures, epochs = run.config, headline(run), run.epochs()
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        st.image(
            loaders.manifold(run, run.version),
            width="stretch",
            alt=_("Pictures decoded by {model}").format(model=title(run)),
        )
    with right:
        _figures(figures, len(epochs), float(epochs[-1]["seconds"]) if epochs else 0.0)
        st.write(_(check_family(config.model.family).summary))
        _links(run)


def _figures(found: Headline, epochs: int, seconds: float) -> None:
    with st.container(horizontal=True):
        if found.neg_elbo is not None:
            st.metric(_("−ELBO"), number(found.neg_elbo), help=_("Nats per test image."))
        elif found.mse is not None:
            st.metric(_("Squared error"), number(found.mse), help=_("Per pixel of a test image."))
        if found.knn is not None:
            st.metric(
                _("10-NN"),
                percent(found.knn, 1),
                help=_(KNN_MEANS),
            )
        st.metric(_("Epochs"), count(epochs))
        st.metric(_("Training"), duration(seconds))


def _settings(run: Run) -> None:
    """List the settings that the run's family reads."""
    shown = settings([run.config])
    st.dataframe(
        {
            _("Setting"): [setting.name for setting in shown],
            _("Value"): [setting.values[0] for setting in shown],
            _("Meaning"): [_(setting.help) for setting in shown],
        },
        hide_index=True,
        height="content",
    )


@errors_shown()
def model_page(run: Run, status: Status) -> None:
    """Show a model's page."""
    state = shown_state(status)
    st.write(
        _("{state}. Run `{name}`.").format(state=STATE_WORDS[state][0].capitalize(), name=run.name)
    )
    reason = why_it_ended(run, status)
    if reason:
        show_error(reason)
    if not run.config.shipped:
        with st.container(horizontal=True, vertical_alignment="center"):
            actions(run, status, choose)
    if not run.has_model:
        st.page_link(
            "pages/train.py", label=_("Watch it learn on Train"), query_params={"run": run.name}
        )
        return
    parts = {
        OVERVIEW: _("Overview"),
        MEASURES: _("Measures"),
        SETTINGS: _("Settings"),
        EXPORTS: _("Take away"),
    }
    _controls.begin(run.name)
    part = _controls.pick(
        _("Part"), "part", list(parts), titles=parts, segmented=True, label_visibility="collapsed"
    )
    _controls.end()
    if part == OVERVIEW:
        _overview(run)
    elif part == MEASURES:
        measures.view(run)
    elif part == SETTINGS:
        _settings(run)
    else:
        show_exports(run)
    if state in LIVE:
        st.caption(_("It is still training: what is shown is of its last whole epoch."))

"""All figures of a run: measured beside the page, then shown on any page that asks for them."""

import json
from typing import Any, NamedTuple

import streamlit as st

from vae.analysis.compare.table import FIGURES, FigureKind
from vae.analysis.compare.terms import loss_unit
from vae.analysis.models import figures_of
from vae.figures import measures as figures_measures
from vae.locale import _, retold
from vae.locale.numbers import formatted
from vae.measures import DEFAULT_SAMPLES, GROUPS, MEASURES, background
from vae.measures.likelihood import MAX_SAMPLES
from vae.measures.report import read
from vae.measures.words import detail_words, value_words
from vae.runs import Run, tasks
from vae.runs.threads import Progress
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import show_error
from vae.ui.shared.glossary import glossary
from vae.ui.shared.html import render
from vae.ui.shared.originals import are_here
from vae.ui.shared.run.state import LIVE
from vae.ui.shared.show import offer_download, show_figure
from vae.ui.shared.work import follow_work

_CHOICES = (100, DEFAULT_SAMPLES, MAX_SAMPLES)


class Card(NamedTuple):
    """One figure in words."""

    name: str
    """Of the registry: what tests find it by."""
    title: str
    value: str
    unit: str = ""
    meaning: str = ""
    """In one line; where there is no value, why not."""
    more: str = ""
    """What belongs to the value."""
    caution: str = ""


def view(run: Run) -> None:
    """Show the page for a run."""
    loaders.model(run, run.version)
    panel(run)
    glossary()


def panel(run: Run) -> None:
    """Show a run's figures, with a button that measures them and how far that is."""

    def look() -> Progress:
        tasks.start_next(run.directory.parent)
        return background.look(run, full=True)

    st.subheader(_("All figures on the test images"), anchor="evaluate")
    follow_work(
        look,
        _doing,
        lambda: background.stop(run, full=True),
        lambda progress: _measured(run, progress),
        key=f"measure-stop-{run.name}",
    )


def _doing(progress: Progress) -> str:
    waits = progress.state == "queued"
    doing = _("Waits for other runs to be measured") if waits else progress.doing or _("Starting")
    return f"{doing} …"


def _measured(run: Run, progress: Progress) -> None:
    if progress.state == "failed":
        show_error(_("{run} was not measured: {error}").format(run=run.name, error=progress.error))
    found = read(run)
    if found is not None:
        _show(run, found)
    else:
        standard = figures_of(run)
        if standard:
            _cards(_("Standard figures"), _standard(run, standard))
    _offer(run, again=found is not None)


def _offer(run: Run, *, again: bool) -> None:
    """Offer to measure the run, or say why that cannot be."""
    name = run.config.data.dataset
    if not run.has_model or run.status().state in LIVE:
        st.caption(
            _("{run} is still training: it can be measured when it has finished.").format(
                run=run.name
            )
        )
        return
    if not are_here(name):
        st.write(_("The images to measure this run on are not here."))
        obtain.offer(name)
        return
    if not again:
        st.write(
            _(
                "Log-likelihood, what the codes carry and what they say of the classes, "
                "and how real the samples look: measured beside the page, and kept."
            )
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        samples = st.segmented_control(
            _("Samples K for the log-likelihood"),
            _CHOICES,
            format_func=lambda count: formatted(count, ","),
            default=DEFAULT_SAMPLES,
            required=True,
            key=f"measure-samples-{run.name}",
            help=_(
                "The more, the tighter the bound, and the longer it takes: some ten "
                "seconds with {usual}, minutes with {most}."
            ).format(usual=DEFAULT_SAMPLES, most=formatted(MAX_SAMPLES, ",")),
        )
        pressed = st.button(
            _("Measure again") if again else _("Measure"),
            icon=":material/straighten:",
            key=f"measure-start-{run.name}",
            type="secondary" if again else "primary",
        )
    if pressed:
        background.submit(run, samples)
        st.rerun()


def _standard(run: Run, found: dict[str, Any]) -> list[Card]:
    """Return the cards of the figures that ``evaluate`` has without being asked for all."""
    shown = []
    binary = {f"binary.{name}": value for name, value in (found.get("binary") or {}).items()}
    known_of_binary = {name: value for name, value in binary.items() if name in FIGURES}
    for name, value in {**found, **known_of_binary}.items():
        known = FIGURES.get(name)
        if name in MEASURES or not (known or isinstance(value, int | float)):
            continue
        known = known or FigureKind(name.replace("_", " ").capitalize())
        title, unit = _(known.title), _(known.unit)
        if name == "recon_loss":
            unit = _(loss_unit(run.config.model).words)
        if value is None:
            reason = retold((found.get("not_applicable") or {}).get(name, ""))
            shown.append(Card(name, title, _("n/a"), meaning=reason))
        else:
            shown.append(Card(name, title, known.text(value), unit, _(known.help)))
    return shown


def _card(name: str, found: dict[str, Any]) -> Card:
    measure, value = MEASURES[name], found.get(name)
    if value is None:
        reason = retold(found["not_applicable"].get(name, _("It has not been measured.")))
        return Card(name, measure.title, _("n/a"), meaning=reason)
    return Card(
        name,
        measure.title,
        value_words(value, is_share=measure.is_share),
        measure.unit,
        measure.meaning,
        detail_words(found["details"].get(name, {}), is_share=measure.is_share),
        measure.caution,
    )


def _cards(title: str, found: list[Card]) -> None:
    st.markdown(f"**{title}**")
    st.html(render("measures", "cards", title, found))


def _show(run: Run, found: dict[str, Any]) -> None:
    _cards(_("Standard figures"), _standard(run, found))
    for group in GROUPS:
        names = [name for name, measure in MEASURES.items() if measure.group == group]
        _cards(_(group), [_card(name, found) for name in names])
    _charts(run, found)
    offer_download(
        _("Figures (JSON)"),
        json.dumps(found, indent=2),
        f"{run.name}-figures.json",
        key=f"measure-json-{run.name}",
    )


def _charts(run: Run, found: dict[str, Any]) -> None:
    by_dimension, by_samples = found.get("kl_per_dim"), found.get("elbo_std_by_samples")
    if not by_dimension or not by_samples:
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(_("**KL of each dimension**"))
        show_figure(
            figures_measures.kl_bars(by_dimension),
            key=f"measure-kl-{run.name}",
            alt=_("KL of each of the {n} dimensions of {run}").format(
                n=len(by_dimension), run=run.name
            ),
        )
    with right:
        st.markdown(_("**Standard deviation of the ELBO with L samples of z**"))
        details = found["details"].get("elbo_std_by_samples", {})
        show_figure(
            figures_measures.std_by_samples(
                {int(count): std for count, std in by_samples.items()},
                details.get("std_between_images"),
            ),
            key=f"measure-std-{run.name}",
            alt=_("Standard deviation of the ELBO of one image against the number of samples of z"),
        )

"""The Compare page's numbers: figures on test images, loss curves, settings."""

from collections.abc import Sequence
from itertools import groupby

import streamlit as st
from markupsafe import Markup

from vae.analysis.compare import table
from vae.analysis.compare.settings import Setting, differences, is_fair, say_differences, settings
from vae.analysis.compare.table import Figure
from vae.analysis.compare.terms import TERMS, curves
from vae.analysis.models import figures_of
from vae.data import known_spec
from vae.figures import compare as figures
from vae.locale import N_, _
from vae.measures import background
from vae.runs import Run, tasks
from vae.ui.compare.controls import controls
from vae.ui.shared import obtain
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.html import render
from vae.ui.shared.originals import are_here
from vae.ui.shared.run.state import LIVE
from vae.ui.shared.show import show_figure
from vae.ui.shared.take_away import takeable
from vae.ui.shared.watch import watch

_GROUPS = {"data": N_("Images"), "model": N_("Model"), "train": N_("Training")}


def settings_table(found: Sequence[Setting], names: Sequence[str]) -> Markup:
    """Return settings as a table, those that differ marked; None of a run stands as n/a."""
    groups = [
        (_(_GROUPS[group]), list(members))
        for group, members in groupby(found, key=lambda setting: setting.group)
    ]
    return render("compare", "settings", groups, names)


def figures_table(found: Sequence[Figure], names: Sequence[str]) -> Markup:
    """Return figures as a table, the best of a row marked, with footnotes for what is missing."""
    notes: dict[str, None] = {}
    for figure in found:
        missing = [cell.reason for cell in figure.cells if cell.value is None]
        notes |= dict.fromkeys(filter(None, [figure.note, *missing]))
    return render("compare", "figures", found, names, list(notes))


def _follow(runs: Sequence[Run]) -> None:
    """Show how far the measuring is; show the page anew when all is measured."""
    watch("work", key="measuring")
    with errors_shown():
        tasks.start_next(runs[0].directory.parent)
    busy = [run.name for run in runs if background.look(run, full=False).is_live]
    if not busy:
        st.rerun()
    st.caption(_("Measuring {runs} on the test images …").format(runs=", ".join(busy)))


@errors_shown()
def _offer_to_measure(runs: Sequence[Run], offered: str) -> None:
    """Offer to measure the runs that have no figures, or say why they cannot be measured.

    The data set ``offered`` can be got elsewhere on the page already.
    """
    progress = {run.name: background.look(run, full=False) for run in runs}
    for name, found in progress.items():
        if found.state == "failed":
            show_error(f"{name}: {found.error}")
    if any(found.is_live for found in progress.values()):
        st.fragment(_follow)(runs)
        return
    ready = []
    for run in runs:
        name = run.config.data.dataset
        if run.status().state in LIVE:
            st.caption(
                _("{name} is still training: it can be measured when it has finished.").format(
                    name=run.name
                )
            )
        elif run.config.shipped:
            st.caption(_("{name} came with the program without figures.").format(name=run.name))
        elif not are_here(name):
            st.caption(
                _("{name} cannot be measured: the images of {data} are not here.").format(
                    name=run.name, data=name
                )
            )
        else:
            ready.append(run)
    for name in sorted({run.config.data.dataset for run in runs} - {offered}):
        if known_spec(name) is not None:
            obtain.offer(name)
    if ready and st.button(
        _("Measure {runs}").format(runs=", ".join(run.name for run in ready)),
        icon=":material/straighten:",
        help=_("Takes some seconds for each run, in the background."),
    ):
        for run in ready:
            background.submit(run)
        st.rerun()


def what_differs(runs: Sequence[Run]) -> None:
    """Say in a line in what the runs differ."""
    found = differences([run.config for run in runs])
    st.caption(
        _("They differ in {settings}.").format(settings=say_differences(found))
        if found
        else _("They differ in nothing but their seed and the machine.")
    )


def test_figures(runs: Sequence[Run]) -> None:
    """Show the figures on the test images in one table."""
    st.subheader(_("Figures on the test images"), anchor="figures")
    configs = [run.config for run in runs]
    evaluations = [figures_of(run) for run in runs]
    found = table.figures(configs, evaluations)
    if found:
        with takeable("compared-figures", "compared-figures", is_table=True):
            st.html(figures_table(found, [run.name for run in runs]))
        st.caption(
            _("★ the best of these runs, ↑ more is better, ↓ less is better.")
            if is_fair(configs)
            else _(
                "↑ more is better, ↓ less is better. None is marked as the best, since the runs "
                "differ in more than one setting, or in their images or epochs."
            )
        )
    missing = [run for run, known in zip(runs, evaluations, strict=True) if known is None]
    if missing:
        names = ", ".join(run.name for run in missing)
        st.write(
            _("Not measured yet: {names}.").format(names=names)
            if found
            else _("None of these runs is measured yet.")
        )
        _offer_to_measure(missing, runs[0].config.data.dataset)


@errors_shown()
def _curves(runs: Sequence[Run], live: Sequence[str]) -> None:
    if live:
        watch("queue", *(f"run:{name}" for name in live), key="curves")
    chosen = controls.pick(
        _("Term"),
        "compare_term",
        list(TERMS),
        "loss",
        titles={term: _(title) for term, title in TERMS.items()},
        segmented=True,
        label_visibility="collapsed",
    )
    panels, notes = curves(runs, chosen)
    if panels:
        show_figure(
            figures.compared_curves(panels),
            key="compared-curves",
            name="compared-curves",
            alt=_("{term} of {runs} by epoch").format(
                term=_(TERMS[chosen]), runs=", ".join(run.name for run in runs)
            ),
        )
    for note in notes:
        st.caption(note)


def loss_curves(runs: Sequence[Run]) -> None:
    """Show the loss curves; those of a run that still trains go on by themselves."""
    st.subheader(_("Loss curves"), anchor="curves")
    live = [run.name for run in runs if run.status().state in LIVE]
    if live:
        st.caption(
            _("Still training: {runs}. All else here is of its last whole epoch.").format(
                runs=", ".join(live)
            )
        )
    st.fragment(_curves)(runs, live)


@st.fragment
@errors_shown()
def settings_of(runs: Sequence[Run]) -> None:
    """Show the settings, those that differ marked."""
    st.subheader(_("Settings"), anchor="settings")
    found = settings([run.config for run in runs])
    differing = [setting for setting in found if setting.differs]
    only = controls.toggle(_("Only what differs"), "compare_differing")
    if only and not differing:
        st.caption(_("All settings are the same."))
        return
    with takeable("compared-settings", "compared-settings", is_table=True):
        st.html(settings_table(differing if only else found, [run.name for run in runs]))
    st.caption(_("≠ marks what differs; n/a is what a run does not read."))

"""The result of a study: finding, figures, table, method, and how to repeat it."""

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from vae.locale import N_, _, ngettext
from vae.runs import Run
from vae.studies import Result, Study
from vae.studies.engine import records
from vae.studies.engine.base import Chart
from vae.studies.engine.folder import TABLE_FILE, table
from vae.studies.engine.page import command
from vae.studies.engine.page import rows as rows_by_setting
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.originals import title_of
from vae.ui.shared.show import offer_download, show_figure, show_warning
from vae.ui.studies.folders import (
    StudyFolder,
    charts_of,
    readable,
    result_of,
    settings_words,
)
from vae.ui.studies.progress import ended, follow

_BY_SETTING, _BY_RUN = N_("By setting"), N_("Each run")


@errors_shown()
def show(found: StudyFolder, root: Path) -> None:
    """Show a result, finished or as far as it is."""
    mark = records.version(found.folder)
    result = result_of(found, mark)
    _head(found)
    if found.live:
        follow(found, mark)
    elif not found.shipped:
        ended(found, root, whole=result.complete)
    lost = 0 if found.live else result.unread
    if lost:
        show_warning(
            ngettext(
                "{n} record in {folder} cannot be read, or is of other settings: it is left out.",
                "{n} records in {folder} cannot be read, or are of other settings: they are left "
                "out.",
                lost,
            ).format(n=lost, folder=found.folder)
        )
    _finding(found, result)
    if not result.entries:
        st.caption(_("Figures and table fill in as runs are measured."))
    else:
        _figures(found, mark, result)
        _table(found, result, root)
    _repeat(found)


def _head(found: StudyFolder) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if found.shipped:
            st.badge(_("shipped"), icon=":material/inventory_2:", color="green")
        words = settings_words(found.now.settings)
        if found.shipped:
            sentence = (
                _("Measured on {settings}, before it was shipped; {machine}.")
                if found.now.machine
                else _("Measured on {settings}, before it was shipped.")
            )
            words = sentence.format(settings=words, machine=found.now.machine)
        st.caption(words)


def _finding(found: StudyFolder, result: Result) -> None:
    total = len(result.arms) * result.settings.seeds
    with st.container(border=True, key="study-finding"):
        st.subheader(_("Finding"), anchor="finding")
        if not result.complete:
            there = len(result.entries)
            st.write(
                _("It comes when all runs are measured: {there} of {total} are.").format(
                    there=there, total=total
                )
            )
            return
        problem = _(
            "The finding cannot be made from the records in {folder}: they are damaged, or of "
            "another version of this program. Start the study again."
        )
        with errors_shown(), readable(found.folder, problem):
            st.markdown(f"**{result.study.short(result)}**")
            st.markdown(result.study.finding(result))


@errors_shown()
def _figures(found: StudyFolder, mark: str, result: Result) -> None:
    st.subheader(_("Figures"), anchor="figures")
    if not result.complete:
        st.caption(_("Of the runs that are measured so far."))
    for name, chart in charts_of(found, mark, result).items():
        _figure(f"{found.key}-{name}", chart)


def _figure(key: str, chart: Chart) -> None:
    # Rows of pictures have a width of their own: on a narrow screen they are scrolled sideways.
    width = chart.figure.layout.width
    place = f"study-{'figure' if width is None else 'pictures'}-{key}"
    # Its height too: nothing below jumps while a chart that has other data is made anew.
    sides = [("height", chart.figure.layout.height), ("width", width)]
    least = " ".join(f"min-{side}: {pixels:.0f}px;" for side, pixels in sides if pixels)
    st.html(f"<style>.st-key-{place} > div:first-child {{ {least} }}</style>")
    with st.container(key=place):
        show_figure(
            chart.figure,
            width="stretch" if width is None else "content",
            key=f"study-chart-{key}",
            name=key,
            alt=chart.caption,
        )
    st.caption(chart.caption)


def _link(root: Path, name: str) -> str | None:
    """Return the way to a run's page Explore, or None where the run is not here."""
    # From this page's own address, wherever the app is served.
    return f"explore?{urlencode({'run': name})}" if Run(root / name).has_model else None


def _by_run(result: Result, text: str, root: Path) -> None:
    head, *lines = csv.reader(io.StringIO(text))
    columns = result.study.columns
    shown: dict[str, list[Any]] = {}
    config: dict[str, Any] = {}
    for place, name in enumerate(head):
        cells = [line[place] for line in lines]
        if name in columns:
            column = columns[name]
            title = column.head
            shown[title] = [float(cell) if cell else None for cell in cells]
            config[title] = st.column_config.NumberColumn(format=f"%.{column.digits}f")
        else:
            shown[_(name.replace("_", " "))] = [_number(cell) for cell in cells]
    links = [_link(root, name) for name in shown[_("run")]]
    if any(links):
        shown = {_("Explore"): links, **shown}
        config[_("Explore")] = st.column_config.LinkColumn(
            display_text=_("Open"),
            help=_("Opens the run's latent space in a new tab."),
            width="small",
        )
    st.dataframe(shown, column_config=config, hide_index=True, key="study-runs")
    here = [name for name, link in zip(shown[_("run")], links, strict=True) if link]
    if not here:
        st.caption(_("The runs themselves are not here: what is kept of them are their figures."))
        return
    # The table is a canvas: its links are hard to tap, and out of a keyboard's reach.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(_("Run"), here, key="study-run")
        st.page_link(
            "pages/explore.py",
            label=_("Open in Explore"),
            icon=":material/explore:",
            query_params={"run": name},
        )


def _number(text: str) -> str | float | int:
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _by_setting(result: Result) -> None:
    head, *lines = list(rows_by_setting(result))
    st.dataframe(
        {title: [line[place] for line in lines] for place, title in enumerate(head)},
        hide_index=True,
        key="study-settings",
    )
    if result.settings.seeds > 1:
        st.caption(_("Median over the seeds, and in brackets from the least to the greatest."))


@st.fragment
def _table(found: StudyFolder, result: Result, root: Path) -> None:
    st.subheader(_("Table"), anchor="table")
    problem = _(
        "The table cannot be made from the records in {folder}: they are damaged, or of another "
        "version of this program. Start the study again."
    )
    with errors_shown(), readable(found.folder, problem):
        text = table(result)
        with st.container(horizontal=True, vertical_alignment="center"):
            which = st.segmented_control(
                _("Rows"),
                (_BY_SETTING, _BY_RUN),
                format_func=_,
                default=_BY_SETTING,
                required=True,
                key="study-rows",
                label_visibility="collapsed",
            )
            offer_download(
                "CSV",
                text,
                f"{found.folder.name}-{TABLE_FILE}",
                help=_("Each run with all its figures."),
                key="study-csv",
            )
        if which == _BY_RUN:
            _by_run(result, text, root)
        else:
            _by_setting(result)


def method(study: Study) -> None:
    """Say how a study is asked."""
    st.subheader(_("Method"), anchor="method")
    st.markdown(_(study.method))


def _repeat(found: StudyFolder) -> None:
    method(found.study)
    st.subheader(_("Repeat it"), anchor="repeat")
    st.code(command(found.now.settings), language="bash", wrap_lines=True)
    versions = ", ".join(f"{name} {number}" for name, number in found.now.versions.items())
    if found.now.machine:
        st.caption(
            _(
                "Images: {title_of}, figures of the test images. Measured on: {machine}; "
                "{versions}."
            ).format(
                title_of=title_of(found.now.settings.dataset),
                machine=found.now.machine,
                versions=versions,
            )
        )

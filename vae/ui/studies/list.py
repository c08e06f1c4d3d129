"""The questions that there are, as cards, and the choice of one and of one of its results."""

import plotly.graph_objects as go
import streamlit as st

from vae.figures.kept import in_language
from vae.locale import N_, _, language, ngettext
from vae.studies import STUDIES, Study
from vae.studies.engine import records
from vae.ui.shared.errors import errors_shown, quoted
from vae.ui.shared.picker import say_not_here
from vae.ui.shared.show import cards, show_warning
from vae.ui.studies.folders import Shelf, StudyFolder, first_choice, glance, settings_words

STUDY, RESULT = "study", "result"
_STUDY_WIDGET = "studies-study"
_RESULT_WIDGET = "studies-result"
_HEIGHT = 240


def choose(name: str | None) -> None:
    """Make a study the one that is shown, in the address; None for all questions."""
    st.query_params.pop(RESULT, None)
    if name is None:
        st.query_params.pop(STUDY, None)
    else:
        st.query_params[STUDY] = name


_NO_STUDY = N_("There is no study called {names} here (any more). Choose a question below.")


def asked_study() -> Study | None:
    """Return the study of the address, or None (and say so, where it names one that is not)."""
    asked = st.query_params.get(STUDY)
    if asked is not None and asked not in STUDIES:
        say_not_here(_NO_STUDY, [asked])
        choose(None)
        return None
    return STUDIES[asked] if asked is not None else None


def _state_words(results: list[StudyFolder]) -> str:
    """Say in a line what there is of a study."""
    parts = []
    if any(one.live for one in results):
        parts.append(_("**running now**"))
    if any(one.shipped for one in results):
        parts.append(_("a shipped result"))
    own = sum(not one.shipped and not one.live for one in results)
    if own:
        parts.append(ngettext("{n} result of yours", "{n} results of yours", own).format(n=own))
    return " · ".join(parts) or _("no result yet: it can be run here")


@st.cache_resource(max_entries=32, show_spinner=False)
def _small(key: str, mark: str, spoken: str, _figure: go.Figure) -> go.Figure:
    """Return a figure as a card shows it."""
    small = go.Figure(_figure).update_layout(
        height=_HEIGHT,
        margin={"l": 4, "r": 4, "t": 16, "b": 4},
        font_size=11,
        legend={"font_size": 10},
    )
    small.update_annotations(font_size=10)
    small.update_xaxes(title_font_size=11).update_yaxes(title_font_size=11, nticks=5)
    return in_language(small)


def _glance(found: StudyFolder) -> None:
    """Show a result's main figure, small, and what was found."""
    figure, short = glance(found)
    if figure is not None:
        st.plotly_chart(
            _small(found.key, records.version(found.folder), language(), figure),
            config={"staticPlot": True},
            key=f"glance-{found.key}",
            alt=_("Main figure of the study: {title}").format(title=_(found.study.title)),
        )
    if short:
        st.write(short)
    st.caption(settings_words(found.now.settings))


def questions(found: Shelf) -> None:
    """Show each question with what there is of it, and the way in."""
    st.write(
        _(
            "Each study asks one question, and trains a model for every setting and seed "
            "to answer it. Look at what was found, or run it yourself."
        )
    )
    for study in cards(list(STUDIES.values())):
        st.subheader(_(study.title), anchor=False)
        st.write(_(study.question))
        results = found.results[study.name]
        shown = first_choice(results)
        if shown is not None:
            with errors_shown():
                _glance(shown)
        st.caption(_state_words(results))
        st.button(
            _("Open"),
            icon=":material/science:",
            key=f"open-{study.name}",
            help=_(study.title),
            on_click=choose,
            args=(study.name,),
        )


def pick_study(study: Study) -> None:
    """Show the choice of another question, and the way back to all of them."""
    # Set anew each time, since the address may have changed by a link or the way back.
    st.session_state[_STUDY_WIDGET] = study.name
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.selectbox(
        _("Question"),
        list(STUDIES),
        format_func=lambda name: _(STUDIES[name].title),
        label_visibility="collapsed",
        key=_STUDY_WIDGET,
        on_change=lambda: choose(st.session_state[_STUDY_WIDGET]),
    )
    right.button(
        _("All questions"), icon=":material/apps:", on_click=choose, args=(None,), key="studies-all"
    )


def pick_result(results: list[StudyFolder]) -> StudyFolder | None:
    """Let the user choose one of a study's results; None where there is none."""
    by_key = {one.key: one for one in results}
    asked = st.query_params.get(RESULT)
    if asked is not None and asked not in by_key:
        show_warning(
            _("There is no result {quoted} of this study here (any more).").format(
                quoted=quoted(asked)
            )
        )
        st.query_params.pop(RESULT, None)
        asked = None
    first = first_choice(results)
    if first is None:
        return None
    chosen = by_key[asked] if asked is not None else first
    if asked is None and chosen.live:
        # Who watches it sees its end too, and not another result in that moment.
        st.query_params[RESULT] = chosen.key
    if len(results) > 1:
        st.session_state[_RESULT_WIDGET] = chosen.key
        st.selectbox(
            _("Result"),
            list(by_key),
            format_func=lambda key: by_key[key].words(),
            key=_RESULT_WIDGET,
            on_change=lambda: st.query_params.update({RESULT: st.session_state[_RESULT_WIDGET]}),
        )
    return chosen

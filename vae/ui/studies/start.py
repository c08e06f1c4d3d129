"""Starting a study from the page: data set, epochs, seeds, values, and what it would take."""

from pathlib import Path

import streamlit as st

from vae.data import all_datasets
from vae.data import status as data_status
from vae.errors import ConfigError
from vae.locale import _, ngettext, numbers
from vae.runs.progress import time_left
from vae.studies import STUDIES, Study, StudySettings
from vae.studies.engine.background import Outlook, outlook, start
from vae.ui.shared import obtain
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.fields import whole_field
from vae.ui.shared.folding import FoldingPanel
from vae.ui.shared.originals import title_of
from vae.ui.shared.show import show_note
from vae.ui.studies.folders import StudyFolder, values_words
from vae.ui.studies.progress import START_LABEL, USUAL_DATASET, follow_other

_FALLBACK = "digits"
"""The data set that is always there."""
_KEEP_S = 10
_MINUTE = 60.0


def read_values(text: str) -> tuple[float, ...] | None:
    """Read numbers between commas; None where nothing is typed; ConfigError for anything else."""
    if not text.strip():
        return None
    try:
        found = [float(part) for part in text.strip().strip(",").split(",")]
    except ValueError:
        raise ConfigError(
            _("values are numbers between commas, as in 2, 8, 20, not {text}.").format(
                text=repr(text[:64])
            )
        ) from None
    return tuple(dict.fromkeys(found))


@st.cache_data(ttl=_KEEP_S, max_entries=32, show_spinner=False)
def _outlook(settings: str, root: str) -> Outlook:
    asked = StudySettings.model_validate_json(settings)
    return outlook(STUDIES[asked.study], asked, Path(root))


def outlook_words(found: Outlook) -> str:
    """Say what starting a study means."""
    if found.there == found.runs:
        return ngettext(
            "{n} run, all trained already: they only have to be measured.",
            "{n} runs, all trained already: they only have to be measured.",
            found.runs,
        ).format(n=numbers.count(found.runs))
    words = ngettext("{n} run", "{n} runs", found.runs).format(n=numbers.count(found.runs))
    if found.there:
        words = _("{runs}, {n} of them trained already").format(runs=words, n=found.there)
    if found.seconds is None:
        return _("{runs}. How long they take is shown when the first epoch is over.").format(
            runs=words
        )
    about = time_left(max(found.seconds, _MINUTE)).removesuffix(" left")
    return _("{runs}; {time} on this machine, by the runs that are here.").format(
        runs=words, time=about
    )


def _key(study: Study, what: str) -> str:
    return f"study-{what}-{study.name}"


def _whole(study: Study, field: str, default: int, label: str = "") -> int:
    label = label or _(field.capitalize())
    return whole_field(StudySettings, field, label, _key(study, field), value=default)


def _dataset(study: Study) -> str:
    names = [name for name in all_datasets() if data_status(name).ready]
    chosen: str = st.selectbox(
        _("Data set"),
        names,
        index=names.index(USUAL_DATASET if USUAL_DATASET in names else _FALLBACK),
        format_func=title_of,
        help=_("Those whose images are on this machine."),
        key=_key(study, "dataset"),
    )
    return chosen


def _values(study: Study) -> str:
    own = study.arms(study.settings())
    taken = [float(v) for arm in own for v in list(arm.values.values())[:1] if _is_number(v)]
    return str(
        st.text_input(
            _(study.varies)[:1].upper() + _(study.varies)[1:],
            placeholder=values_words(tuple(taken))
            if len(taken) == len(own)
            else _("the study's own"),
            help=_("Numbers between commas; the study's own where nothing is typed."),
            key=_key(study, "values"),
        )
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


@errors_shown()
def _settings(study: Study) -> StudySettings | None:
    """Show the controls; return what is asked; None, and why, where that cannot be."""
    more = [2] * bool(study.varies) + [1] * study.takes_samples
    columns = iter(st.columns([1.4, 1, 1, *more]))
    with next(columns):
        dataset = _dataset(study)
    with next(columns):
        epochs = _whole(study, "epochs", study.epochs)
    with next(columns):
        seeds = _whole(study, "seeds", study.seeds)
    text, samples = "", 1
    if study.varies:
        with next(columns):
            text = _values(study)
    if study.takes_samples:
        with next(columns):
            samples = _whole(study, "samples", 1, _("Samples L"))
    return study.settings(
        dataset=dataset,
        epochs=epochs,
        seeds=seeds,
        values=read_values(text),
        samples=samples if samples > 1 else None,
    )


@errors_shown()
def _say_outlook(settings: StudySettings, root: Path) -> bool:
    """Say what starting would take; return whether it can be."""
    st.caption(outlook_words(_outlook(settings.model_dump_json(), str(root))))
    return True


@st.fragment
def _panel(study: Study, root: Path, busy: bool) -> None:
    settings = _settings(study)
    if settings is not None and not _say_outlook(settings, root):
        settings = None
    pressed = st.button(
        _("Start"),
        icon=":material/play_arrow:",
        type="primary",
        disabled=settings is None or busy,
        key=_key(study, "start"),
    )
    if not data_status(USUAL_DATASET).ready:
        obtain.offer(USUAL_DATASET)
    if pressed and settings is not None:
        with errors_shown():
            st.query_params["result"] = start(settings, root).name
            panel.fold()
            st.rerun()


panel = FoldingPanel("studies", START_LABEL)


def start_panel(study: Study, root: Path, running: StudyFolder | None, *, expanded: bool) -> None:
    """Show the settings and Start; while a study runs, say that one at a time does."""
    with panel.show(expanded=expanded):
        if running is not None:
            show_note(
                _(
                    "“{title}” is running: the next study can start when it is done or stopped."
                ).format(title=running.study.title)
            )
        _panel(study, root, running is not None)
        if running is not None and running.study is not study:
            follow_other(running)

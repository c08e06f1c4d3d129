"""The page Studies without a browser: questions, results of each kind, starting, and each error."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from driver import buttons, charts, checked, fill, press, words
from driver import open_page as open_any
from streamlit.testing.v1 import AppTest

from vae import runs
from vae.runs import STOP_FILE, processes, queue, workers
from vae.runs.processes import ProcessId
from vae.runs.spawn import Command
from vae.studies import STUDIES
from vae.studies.engine import background, folder, records, state
from vae.studies.engine.base import configs
from vae.training.trainer import train_run
from vae.ui.studies.start import outlook_words, read_values

open_page = partial(open_any, "studies")

STUDY = STUDIES["latent-size"]
SETTINGS = STUDY.settings(dataset="digits", epochs=1, seeds=1, values=(1.0, 2.0))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder of runs with a finished study of two runs."""
    root = tmp_path_factory.mktemp("made")
    folder = state.default_folder(SETTINGS, root)
    for _, seed, config in configs(STUDY, SETTINGS):
        run = runs.create(config, root)
        train_run(run)
        records.measure(run, STUDY.measure, STUDY.pictures if seed == 0 else None, folder)
    done = state.begun(SETTINGS).model_copy(update={"state": "done", "pid": None})
    state.write(folder, done)
    return root


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch) -> Iterator[Path]:
    """An empty folder of runs and no shipped result; no study outlives the test."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("VAE_RUNS_DIR", str(folder))
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(state, "SHIPPED", tmp_path / "shipped")
    yield folder
    for result in background.own_folders(folder):
        now = state.read(result)
        if now is not None and now.pid != os.getpid():
            background.force_stop(result, folder)


@pytest.fixture
def own(made, root) -> Path:
    """The result folder of the finished study, to be changed."""
    shutil.copytree(made, root, dirs_exist_ok=True)
    return state.default_folder(SETTINGS, root)


def change(folder: Path, **changed: Any) -> None:
    now = state.read(folder)
    state.write(folder, now.model_copy(update=changed))


def running_here() -> dict[str, Any]:
    pid = os.getpid()
    return {"state": "running", "pid": pid, "pid_started": processes.process_started(pid)}


def progress(app: AppTest) -> str:
    return "\n".join(bar.proto.text for bar in app.get("progress"))


# ---- choosing a question -------------------------------------------------------------------------


def test_every_question_has_a_card_and_a_way_in(own):
    app = open_page()
    assert [element.value for element in app.subheader] == [s.title for s in STUDIES.values()]
    assert buttons(app).count("Open") == len(STUDIES)
    for study in STUDIES.values():
        assert study.question in words(app)
    assert "1 result of yours" in words(app)
    # The one that has a result shows its figure and what was found.
    found = folder.read_result(STUDY, SETTINGS, own)
    assert STUDY.short(found) in words(app)
    assert charts(app) == 1
    app.button(key="open-latent-size").click()
    checked(app.run())
    assert app.query_params["study"] == "latent-size"
    assert STUDY.method in words(app)
    press(app, "All questions")
    assert "study" not in app.query_params
    assert buttons(app).count("Open") == len(STUDIES)


def test_an_address_that_names_no_study_is_a_sentence():
    app = open_page(study="../../etc")
    assert "no study called “`../../etc`”" in words(app)
    assert buttons(app).count("Open") == len(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_can_be_started_where_there_is_no_result(name):
    app = open_page(study=name)
    assert not app.error
    assert "no result of this study here yet" in words(app)
    assert app.selectbox(key=f"study-dataset-{name}").value == "digits"
    assert "Get MNIST" in buttons(app)
    start = next(button for button in app.button if button.label == "Start")
    assert not start.disabled
    assert "runs" in words(app)
    assert bool(STUDIES[name].varies) == bool(app.text_input)


# ---- a result ------------------------------------------------------------------------------------


def test_a_result_is_shown_finding_first(own):
    app = open_page(study="latent-size")
    assert not app.error
    assert not app.warning
    shown = [element.value for element in app.subheader]
    assert shown == ["Finding", "Figures", "Table", "Method", "Repeat it"]
    assert "-ELBO is" in words(app)
    assert charts(app) == 2
    assert "--dataset digits --epochs 1 --seeds 1 --values=1,2" in app.code[0].value
    (table,) = app.dataframe
    assert list(table.value["Setting"]) == ["d = 1", "d = 2"]
    assert "Resume" not in buttons(app)
    fill(app, "study-", rows="Each run")
    (table,) = app.dataframe
    assert list(table.value["latent dim"]) == [1, 2]
    names = list(table.value["run"])
    assert list(table.value["Explore"]) == [f"explore?run={name}" for name in names]
    (link,) = app.get("page_link")
    assert link.proto.query_string == f"run={names[0]}"
    # Rows whose run is gone keep their figures, and lose their way.
    shutil.rmtree(own.parents[1] / names[0])
    checked(app.run())
    assert list(app.dataframe[0].value["Explore"].dropna()) == [f"explore?run={names[1]}"]


def test_shipped_results_come_first_and_are_read_only(own, tmp_path):
    shutil.copytree(own, tmp_path / "shipped" / STUDY.name)
    # As it may have been left: nothing of it may be offered to go on.
    change(tmp_path / "shipped" / STUDY.name, state="stopped")
    app = open_page(study="latent-size")
    assert not app.error
    box = app.selectbox(key="studies-result")
    assert box.value == f"shipped-{STUDY.name}"
    assert [text.split(" · ")[0] for text in box.options] == ["shipped", "yours"]
    assert "before it was shipped" in words(app)
    assert not {"Resume", "Stop"} & set(buttons(app))
    box.set_value(own.name)
    checked(app.run())
    assert app.query_params["result"] == own.name
    assert "before it was shipped" not in words(app)
    # One that runs is shown first, unless another is asked for.
    change(own, **running_here())
    assert open_page(study="latent-size").selectbox(key="studies-result").value == own.name
    # Who watches it is not shown another one when it ends.
    watched = open_page(study="latent-size")
    change(own, state="done")
    checked(watched.run())
    assert watched.selectbox(key="studies-result").value == own.name
    asked = open_page(study="latent-size", result=f"shipped-{STUDY.name}")
    assert asked.selectbox(key="studies-result").value == f"shipped-{STUDY.name}"
    gone = open_page(study="latent-size", result="gone")
    assert "no result “`gone`”" in words(gone)


def test_shipped_and_own_results_may_lie_in_one_folder(own, monkeypatch):
    """The runs of one who sets no folder lie beside the shipped ones, and so do the results."""
    shutil.copytree(own, own.with_name(STUDY.name))
    monkeypatch.setattr(state, "SHIPPED", own.parent.resolve())
    box = open_page(study="latent-size").selectbox(key="studies-result")
    assert [text.split(" · ")[0] for text in box.options] == ["shipped", "yours"]
    assert box.value == f"shipped-{STUDY.name}"


def test_a_running_study_shows_what_is_measured_so_far(own):
    path = own / records.FILE
    one, two = path.read_text().splitlines(keepends=True)
    path.write_text(one)
    names = [json.loads(line)["run"] for line in (one, two)]
    change(
        own, **running_here(), runs=2, runs_done=1, epochs=2, epochs_done=1.0,
        seconds_left=240.0, doing=f"Measuring {names[0]}",
    )  # fmt: skip
    app = open_page(study="latent-size")
    assert not app.error
    assert "1 of 2 runs are trained" in progress(app)
    assert "about 4 min left" in progress(app)
    assert "1 of 2 are" in words(app)
    assert charts(app) == 2
    assert len(app.dataframe[0].value) == 1
    assert next(button for button in app.button if button.label == "Start").disabled
    # Another run is measured: the figures are made anew.
    path.write_text(one + two)
    checked(app.run())
    assert len(app.dataframe[0].value) == 2
    assert "-ELBO is" in words(app)

    press(app, "Stop")
    assert queue.stop_asked(own) is not None
    assert "Stopping …" in buttons(app)
    assert "Stop" not in buttons(app)
    os.utime(own / STOP_FILE, (1, 1))
    checked(app.run())
    assert "Force stop" in buttons(app)


def test_other_studies_wait_for_one_that_runs(own):
    change(own, **running_here(), doing="1 of 2 runs are trained")
    name = next(name for name in STUDIES if name != "latent-size")
    app = open_page(study=name)
    assert f"“{STUDY.title}” is running: the next study" in words(app)
    assert f"Running: {STUDY.title}: 1 of 2 runs are trained" in words(app)
    assert next(button for button in app.button if button.label == "Start").disabled
    assert f"Running: {STUDY.title}" in words(open_page())


# ---- starting and resuming -----------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch) -> list[list[str]]:
    """What studies were asked: a process that sleeps stands in for them."""
    found: list[list[str]] = []

    def start(command: Command) -> ProcessId:
        found.append(list(command.arguments))
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        return processes.identify(child.pid)

    monkeypatch.setattr(workers.backend, "start", start)
    return found


def test_start_takes_what_is_chosen(root, asked):
    app = open_page(study="latent-size")
    app.number_input(key="study-epochs-latent-size").set_value(1)
    app.number_input(key="study-seeds-latent-size").set_value(1)
    app.text_input(key="study-values-latent-size").set_value(" 1, 2,2 ")
    checked(app.run())
    assert "2 runs. How long they take is shown when the first epoch is over" in words(app)
    press(app, "Start")
    assert not app.error
    assert len(asked) == 1
    folder = state.default_folder(SETTINGS, root)
    assert app.query_params["result"] == folder.name
    now = state.read(folder)
    assert now.settings == SETTINGS
    assert "Starting" in progress(app)
    assert "Stop" in buttons(app)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1, two", "numbers between commas"),
        ("0", "latent_dim"),
        ("nan", "values"),
        ("1e400", "values"),
        (",".join(map(str, range(1, 60))), "values"),
    ],
)
def test_values_that_cannot_be_are_a_sentence(text, message):
    app = open_page(study="latent-size")
    app.text_input(key="study-values-latent-size").set_value(text)
    checked(app.run())
    assert any(message in error.value for error in app.error), words(app)
    assert next(button for button in app.button if button.label == "Start").disabled


def test_a_study_that_cannot_be_started_is_a_sentence(root, monkeypatch):
    def refuse(*args: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(workers.backend, "start", refuse)
    app = press(open_page(study="latent-size"), "Start")
    assert "cannot start a study" in words(app)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"state": "stopped"}, "Stopped"),
        ({"state": "failed", "error": "1 of 2 runs could not be trained."}, "could not be trained"),
        ({"state": "running", "pid": 1, "pid_started": 0.0}, "Interrupted"),
        ({"state": "new"}, "Not started"),
        ({"state": "done"}, "have a record"),
    ],
)
def test_a_study_that_is_not_at_its_end_goes_on(own, asked, changed, why):
    path = own / records.FILE
    path.write_text(path.read_text().splitlines()[0])
    change(own, **changed)
    app = open_page(study="latent-size")
    assert why in words(app)
    assert charts(app) == 2
    press(app, "Resume")
    assert len(asked) == 1
    assert str(own.resolve()) in asked[0]
    assert "Stop" in buttons(app)


def test_images_that_are_gone_are_offered_instead_of_resume(own):
    change(own, state="stopped", settings=SETTINGS.model_copy(update={"dataset": "mnist"}))
    app = open_page(study="latent-size")
    assert "Resume" not in buttons(app)
    assert "Get MNIST" in buttons(app)


# ---- what is damaged -----------------------------------------------------------------------------


def test_damaged_folders_are_left_out_with_a_note(own):
    for name, content in (("broken", "{"), ("unknown", None)):
        place = own.with_name(name)
        place.mkdir()
        found = json.loads((own / state.STATE_FILE).read_text())
        found["settings"]["study"] = "of tomorrow"
        (place / state.STATE_FILE).write_text(content or json.dumps(found))
    for app in (open_page(), open_page(study="latent-size")):
        assert not app.error
        assert "broken is left out: its study.json is damaged" in words(app)
        assert "'of tomorrow'" in words(app)
    assert charts(app) == 2


def test_settings_of_an_unknown_data_set_are_a_sentence(own):
    change(own, settings=SETTINGS.model_copy(update={"dataset": "gone"}))
    app = open_page(study="latent-size")
    assert any("gone" in error.value for error in app.error)


def test_records_that_are_damaged_are_counted_and_left_out(own):
    path = own / records.FILE
    one, two = path.read_text().splitlines(keepends=True)
    path.write_text(one[:100] + "\n" + two)
    app = open_page(study="latent-size")
    assert "1 record in" in words(app)
    assert charts(app) == 2
    # Whole, but of figures that nobody can read.
    found = json.loads(one)
    found["epochs"], found["standard"] = [{"epoch": "one"}], {}
    path.write_text(f"{json.dumps(found)}\n{two}")
    assert "cannot be made" in words(checked(app.run()))
    # On its card as well, and the other cards are there.
    cards = open_page()
    assert "cannot be read" in words(cards)
    assert buttons(cards).count("Open") == len(STUDIES)


def test_pictures_that_are_damaged_are_a_sentence(own):
    for kept in records.read_all(own).by_run.values():
        broken = dict.fromkeys(kept.pictures, b"not a picture")
        records.write(own, kept.model_copy(update={"pictures": broken}))
    app = open_page(study="latent-size")
    assert "cannot be drawn" in words(app)
    assert len(app.dataframe) == 1


# ---- words ---------------------------------------------------------------------------------------


def test_values_are_read_as_typed():
    assert read_values("") is None
    assert read_values(" 2,8 , 0.5,") == (2.0, 8.0, 0.5)
    assert read_values("2,2.0,1") == (2.0, 1.0)


def test_outlook_in_words():
    assert outlook_words(background.Outlook(3, 3, 0.0)).startswith("3 runs, all trained already")
    words = outlook_words(background.Outlook(30, 12, 1200.0))
    assert words.startswith("30 runs, 12 of them trained already; about 20 min on this machine")
    assert "about 60 s" in outlook_words(background.Outlook(1, 0, 3.0))

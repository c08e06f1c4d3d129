"""Studies: settings, sharing of runs, the result folder, going on, and the check."""

import io
import json
import signal
import threading
import time
from dataclasses import replace

import plotly.graph_objects as go
import pytest
from PIL import Image
from tiny_study import TINY, digits, make_study, record, tiny_config

from vae import runs
from vae.errors import ConfigError, DataError, RunError
from vae.runs import STOP_FILE, Run, Status
from vae.studies import STUDIES, check_study
from vae.studies.engine import background, folder, records, state
from vae.studies.engine.base import Entry, Result, Spread, configs, over
from vae.studies.engine.charts import add_band, picture_rows
from vae.studies.engine.page import page
from vae.studies.engine.runner import run_study
from vae.studies.engine.sharing import by_fingerprint, fingerprint, shared_name
from vae.studies.engine.stopping import Stopped, stoppable
from vae.studies.engine.training import OVERHEAD_S, Headway, Task, headway, train_all

LONG_S = 60.0
"""No test waits for this."""


# ---- settings and sharing ------------------------------------------------------------------------


def test_every_study_plans_runs_that_can_be_made():
    for name, study in STUDIES.items():
        assert name == study.name
        for dataset in ("mnist", "digits"):
            wanted = configs(study, study.settings(dataset=dataset))
            assert len(wanted) >= study.seeds * 2
            names = [config.name for _, _, config in wanted]
            assert len(set(names)) == len(names), "two arms are the same run"
            assert {config.data.dataset for _, _, config in wanted} == {dataset}


@pytest.mark.parametrize(
    ("name", "place", "size"),
    [("beta", 2, 10.0), ("binarised", 0, 20.0), ("losses", 0, 20.0), ("samples", 0, 20.0)],
)
def test_a_plain_vae_is_a_run_that_studies_share(name, place, size):
    study, sizes = STUDIES[name], STUDIES["latent-size"]
    settings, theirs = study.settings(), sizes.settings(values=(size,))
    config = study.arms(settings)[place].config(settings, 1)
    assert fingerprint(config) == fingerprint(sizes.arms(theirs)[0].config(theirs, 1))


def test_the_latent_sizes_asked_for_by_default():
    study = STUDIES["latent-size"]
    arms = study.arms(study.settings())
    assert [arm.values["latent_dim"] for arm in arms] == [1, 2, 3, 5, 8, 10, 20, 32, 64, 128]
    chosen = study.arms(study.settings(values=(4, 6)))
    assert [arm.values["latent_dim"] for arm in chosen] == [4, 6]


def test_settings_out_of_bounds_are_refused_in_a_sentence():
    study = make_study()
    with pytest.raises(ConfigError, match="epochs"):
        study.settings(epochs=0)
    with pytest.raises(ConfigError, match="seeds"):
        study.settings(seeds=0)
    with pytest.raises(ConfigError, match="leave the values out"):
        make_study(varies="").settings(values=(1.0,))
    with pytest.raises(ConfigError, match="leave the samples out"):
        study.settings(samples=3)
    with pytest.raises(ConfigError, match="choose one of"):
        check_study("nonsense")


def test_equal_settings_share_a_fingerprint_whatever_the_name_and_device():
    one = tiny_config()
    assert fingerprint(one) == fingerprint(tiny_config(name="b"))
    assert fingerprint(one) == fingerprint(tiny_config(train={"epochs": 1, "device": "cpu"}))
    others = [
        tiny_config(train={"epochs": 2}),
        tiny_config(train={"epochs": 1, "seed": 1}),
        tiny_config(model={**TINY, "latent_dim": 3}),
        tiny_config(data={"dataset": "digits", "binarise": "dynamic"}),
    ]
    found = {fingerprint(config) for config in (one, *others)}
    assert len(found) == 5
    assert shared_name(one).endswith(fingerprint(one))


def test_of_equal_runs_the_finished_one_counts(tmp_path):
    for name, epoch, done in (("a", 1, "queued"), ("b", 0, "done"), ("c", 0, "queued")):
        run = runs.create(tiny_config(name=name), tmp_path)
        run.write_status(Status(state=done, epoch=epoch, epochs=1))
    found = by_fingerprint(runs.list_runs(tmp_path))
    assert [run.name for run in found.values()] == ["b"]


# ---- spread --------------------------------------------------------------------------------------


def test_the_spread_is_median_least_and_greatest():
    study = make_study()
    settings = digits(study, seeds=3)
    arms = study.arms(settings)
    entries = [Entry(arms[0], k, record(f"r{k}", -v)) for k, v in enumerate((5.0, 1.0, 2.0))]
    result = Result(study, settings, arms, entries)
    assert result.spread(arms[0], "neg_elbo") == (2.0, 1.0, 5.0)
    assert result.spread(arms[1], "neg_elbo") is None
    assert not result.complete
    assert [arm.label for arm in result.measured_arms()] == ["d = 1"]
    with pytest.raises(ValueError, match="no run of d = 2"):
        result.median(arms[1], "neg_elbo")
    with pytest.raises(KeyError):
        result.arm(latent_dim=7)
    text = page(result, state.StudyState(settings=settings), {})
    assert "2.00 (1.00 to 5.00)" in text
    assert "Not all runs are there yet: 3 of 6." in text


def test_a_band_goes_there_and_back_and_a_single_run_has_none():
    figure = go.Figure()
    add_band(figure, {1: Spread(3, 2, 4), 2: Spread(4, 3, 5)}, name="a", colour="#3f90da")
    add_band(figure, {1: over([3]), 2: over([4])}, name="b", colour="#3f90da")
    band, line, alone = figure.data
    assert list(band.x) == [1, 2, 2, 1]
    assert list(band.y) == [4, 5, 3, 2]
    assert list(line.y) == [3, 4]
    assert alone.name == "b"


def test_rows_of_pictures_keep_their_shape():
    buffer = io.BytesIO()
    Image.new("L", (30, 10)).save(buffer, format="PNG")
    figure = picture_rows([("first", buffer.getvalue()), ("second", buffer.getvalue())])
    assert [image.sizex for image in figure.layout.images] == [3.0, 3.0]
    assert [image.y for image in figure.layout.images] == [2, 1]
    assert figure.layout.yaxis.ticktext == ("first", "second")
    assert not picture_rows([]).layout.images


# ---- training, in real processes -----------------------------------------------------------------


def test_again_it_trains_and_measures_nothing(copied, monkeypatch):
    study, settings, place, root = copied
    monkeypatch.setattr("vae.runs.queue.submit", lambda *args: pytest.fail("it trains again"))
    monkeypatch.setattr(records, "_rounded", lambda value: pytest.fail("it measures again"))
    before = (place / folder.TABLE_FILE).read_bytes()
    assert run_study(study, settings, place, root).complete
    assert (place / folder.TABLE_FILE).read_bytes() == before


def test_a_run_of_another_name_serves_as_well(copied, monkeypatch):
    study, settings, _, root = copied
    for run in runs.list_runs(root):
        runs.rename(run, f"mine-{run.config.model.latent_dim}")
    monkeypatch.setattr("vae.runs.queue.submit", lambda *args: pytest.fail("it trains again"))
    result = run_study(study, settings, root / "studies" / "again", root)
    assert sorted(entry.record.run for entry in result.entries) == ["mine-1", "mine-2"]


def test_another_value_trains_only_what_is_missing(copied):
    study, _, _, root = copied
    marks = {run.name: records.weights_mark(run) for run in runs.list_runs(root)}
    settings = digits(study, values=(1, 3))
    result = run_study(study, settings, root / "studies" / "more", root)
    assert [arm.label for arm in result.measured_arms()] == ["d = 1", "d = 3"]
    assert len(runs.list_runs(root)) == 3
    assert {name: records.weights_mark(Run(root / name)) for name in marks} == marks


# ---- stopped, failed, refused --------------------------------------------------------------------


def _tasks(root, epochs=1, count=1):
    study = make_study()
    found = []
    for k in range(count):
        arm = study.arms(digits(study))[0]
        config = tiny_config(name=f"run{k}", train={"epochs": epochs, "seed": k})
        found.append(Task(arm, k, config, runs.create(config, root)))
    return found


def test_asked_to_stop_it_ends_its_processes_and_can_go_on(tmp_path):
    tasks = _tasks(tmp_path, epochs=2000, count=2)
    done: list[Task] = []

    def stop_asked():
        return all(task.run.epochs() for task in tasks)

    with pytest.raises(Stopped):
        train_all(tasks, tmp_path, 2, lambda found: None, done.append, stop_asked)
    assert not done
    for task in tasks:
        status = task.run.status()
        assert status.state == "cancelled"
        assert 0 < status.epoch < 2000


def test_a_study_that_is_stopped_goes_on_to_the_same_table(tmp_path, finished):
    study, settings, place, _ = finished
    mine = tmp_path / "studies" / "tiny"

    def stop_soon(now):
        if now.runs_done == 1:
            background.stop(mine)

    with pytest.raises(Stopped):
        run_study(study, settings, mine, tmp_path, count=1, on_state=stop_soon)
    assert state.read(mine).state == "stopped"
    result = run_study(study, settings, mine, tmp_path, count=1)
    assert result.complete
    assert folder.table(result) == (place / folder.TABLE_FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize("usual", [signal.default_int_handler, signal.SIG_IGN])
def test_work_that_asks_nobody_is_broken_off_when_asked_to_stop(usual):
    before = signal.signal(signal.SIGINT, usual)
    asked = threading.Event()
    threading.Timer(0.2, asked.set).start()
    began = time.monotonic()
    try:
        with pytest.raises(Stopped), stoppable(asked.is_set):
            time.sleep(LONG_S)
        assert time.monotonic() - began < LONG_S / 2
        assert signal.getsignal(signal.SIGINT) is usual
    finally:
        signal.signal(signal.SIGINT, before)
    # Left alone it ends, and another's Ctrl-C stays what it is.
    with stoppable(lambda: False):
        pass
    with pytest.raises(KeyboardInterrupt), stoppable(lambda: False):
        signal.raise_signal(signal.SIGINT)


def test_a_study_is_stopped_while_it_measures(tmp_path, finished):
    study, settings, _, _ = finished
    mine = tmp_path / "studies" / "tiny"

    def measure(subject, config):
        background.stop(mine)
        time.sleep(LONG_S)
        return {}

    with pytest.raises(Stopped):
        run_study(replace(study, measure=measure), settings, mine, tmp_path, count=1)
    assert state.read(mine).state == "stopped"
    assert not (mine / STOP_FILE).exists()


def test_a_run_that_fails_is_left_out_and_named(tmp_path):
    good, bad = _tasks(tmp_path, count=2)
    (bad.run.directory / "resume.safetensors").write_bytes(b"nonsense")
    done: list[Task] = []
    train_all([bad, good], tmp_path, 1, lambda found: None, done.append, lambda: False)
    assert done == [good]
    assert bad.problem
    assert not good.problem


def test_a_run_that_a_person_stopped_is_not_started_over_and_over(tmp_path):
    (task,) = _tasks(tmp_path)
    task.run.write_status(Status(state="cancelled", epochs=1))
    started: list[Run] = []
    task.tries = 1
    train_all([task], tmp_path, 1, lambda found: None, lambda task: None, lambda: False)
    assert not started
    assert task.problem == "it was stopped"


def test_images_that_are_not_here_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    study = make_study()
    with pytest.raises(DataError, match="vae data get mnist"):
        run_study(study, study.settings(), tmp_path / "out", tmp_path)


def test_two_processes_do_not_work_on_one_folder(copied):
    study, settings, place, root = copied
    from vae.storage import locks

    with locks.hold(place / state.LOCK_FILE) as mine:
        assert mine
        with pytest.raises(RunError, match="running already"):
            run_study(study, settings, place, root)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    study = make_study()
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot write"):
        run_study(study, digits(study), tmp_path / "file" / "out", tmp_path)


def test_a_study_whose_process_died_reads_as_interrupted(tmp_path):
    settings = digits(make_study())
    assert state.read(tmp_path) is None
    gone = state.StudyState(settings=settings, state="running", pid=1, pid_started=1.0)
    state.write(tmp_path, gone)
    assert state.read(tmp_path).state == "interrupted"
    (tmp_path / state.STATE_FILE).write_text("{")
    assert state.read(tmp_path) is None


def test_time_left_counts_what_is_trained_at_once(tmp_path):
    tasks = _tasks(tmp_path, epochs=10, count=4)
    tasks[0].state, tasks[0].seconds, tasks[0].epochs_done = "done", 2.0, 10.0
    found = headway(tasks, 2)
    # Three runs of ten epochs, two seconds each, two at once; all are of one setting.
    assert found == Headway(4, 1, 40, 10.0, pytest.approx(1.5 * (20.0 + OVERHEAD_S)))
    assert headway(tasks, 30).seconds_left == pytest.approx(20.0 + OVERHEAD_S)
    assert headway(_tasks(tmp_path / "other"), 1).seconds_left is None


# ---- the command line ----------------------------------------------------------------------------


def test_the_command_lists_refuses_and_checks(cli, tmp_path):
    listed = cli("study", "list", "--json")
    assert listed.code == 0
    assert set(json.loads(listed.out)["studies"]) == set(STUDIES)
    assert cli("study", "nonsense").code == 2
    assert "between commas" in cli("study", "latent-size", "--values", "two").err
    assert "--at-once" in cli("study", "latent-size", "--at-once", "0").err
    empty = cli("study", "latent-size", "--check", "--runs", str(tmp_path))
    assert empty.code == 2
    assert "has no table.csv" in empty.err

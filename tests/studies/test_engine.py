"""Studies: settings, sharing of runs, the result folder, going on, and the check."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from commands import Cli
from PIL import Image

from vae import runs
from vae.config import RunConfig
from vae.errors import ConfigError, DataError, RunError
from vae.runs import Run, Status
from vae.studies import STUDIES, check_study
from vae.studies.engine import folder, records, state
from vae.studies.engine.base import (
    Arm,
    Chart,
    Column,
    Entry,
    Result,
    Study,
    StudySettings,
    configs,
)
from vae.studies.engine.charts import add_band, picture_rows
from vae.studies.engine.page import FIGURES_FILE, command, page
from vae.studies.engine.runner import run_study
from vae.studies.engine.sharing import by_fingerprint, fingerprint, shared_name
from vae.studies.engine.stopping import Stopped, stoppable
from vae.studies.engine.training import (
    BESIDE_S,
    Headway,
    Task,
    headway,
    train_all,
)
from vae.training.plan import plan

LONG_S = 60.0
"""No test waits for this."""
TINY: dict[str, Any] = {"arch": "mlp", "hidden": (8,)}


def _charts(result: Result) -> dict[str, Chart]:
    figure = go.Figure(go.Bar(x=[arm.label for arm in result.measured_arms()]))
    return {"bars": Chart(figure, "A bar a setting.")}


def make_study(**changed: Any) -> Study:
    kind = {
        "name": "tiny",
        "title": "A tiny study",
        "question": "Does d matter?",
        "method": "Two sizes.",
        "epochs": 1,
        "seeds": 1,
        "varies": "latent sizes",
        "arms": lambda settings: [
            Arm(f"d = {int(d)}", {"latent_dim": int(d)}, model={**TINY, "latent_dim": int(d)})
            for d in settings.values or (1, 2)
        ],
        "columns": {"neg_elbo": Column("-ELBO", "nats", lambda record: record.neg_elbo)},
        "charts": _charts,
        "finding": lambda result: f"{len(result.entries)} runs.",
        "measure": lambda subject, config: {"twice": 2.0 * config.model.latent_dim},
        "pictures": lambda subject, config: {"grey": np.full((3, 1, 2, 2), 128, dtype=np.uint8)},
    }
    return Study(**{**kind, **changed})


def digits(study: Study, **given: Any) -> StudySettings:
    return study.settings(dataset="digits", **given)


# ---- settings and sharing ------------------------------------------------------------------------


def test_every_study_plans_runs_that_can_be_made() -> None:
    for name, study in STUDIES.items():
        assert name == study.name
        for dataset in ("mnist", "digits"):
            wanted = configs(study, study.settings(dataset=dataset))
            assert len(wanted) >= study.seeds * 2
            names = [config.name for _, _, config in wanted]
            assert len(set(names)) == len(names), "two arms are the same run"
            assert {config.data.dataset for _, _, config in wanted} == {dataset}


def test_the_latent_sizes_asked_for_by_default() -> None:
    study = STUDIES["latent-size"]
    arms = study.arms(study.settings())
    assert [arm.values["latent_dim"] for arm in arms] == [1, 2, 3, 5, 8, 10, 20, 32, 64, 128]
    chosen = study.arms(study.settings(values=(4, 6)))
    assert [arm.values["latent_dim"] for arm in chosen] == [4, 6]


def test_settings_out_of_bounds_are_refused_in_a_sentence() -> None:
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


def _config(**changed: Any) -> RunConfig:
    settings = {"name": "a", "data": {"dataset": "digits"}, "model": TINY, "train": {"epochs": 1}}
    return plan("vae", **{**settings, **changed})


def test_equal_settings_share_a_fingerprint_whatever_the_name_and_device() -> None:
    one = _config()
    assert fingerprint(one) == fingerprint(_config(name="b"))
    assert fingerprint(one) == fingerprint(_config(train={"epochs": 1, "device": "cpu"}))
    others = [
        _config(train={"epochs": 2}),
        _config(train={"epochs": 1, "seed": 1}),
        _config(model={**TINY, "latent_dim": 3}),
        _config(data={"dataset": "digits", "binarise": "dynamic"}),
    ]
    found = {fingerprint(config) for config in (one, *others)}
    assert len(found) == 5
    assert shared_name(one).endswith(fingerprint(one))


def test_of_equal_runs_the_finished_one_counts(tmp_path: Path) -> None:
    for name, epoch, done in (("a", 1, "queued"), ("b", 0, "done"), ("c", 0, "queued")):
        run = runs.create(_config(name=name), tmp_path)
        run.write_status(Status(state=done, epoch=epoch, epochs=1))
    found = by_fingerprint(runs.list_runs(tmp_path))
    assert [run.name for run in found.values()] == ["b"]


# ---- spread --------------------------------------------------------------------------------------


def record(name: str, elbo: float, config: RunConfig | None = None) -> records.Record:
    return records.Record(
        run=name,
        config=config or _config(),
        weights="w",
        epochs=[{"epoch": 1, "seconds": 2.0, "train": {"loss": 1.0}, "test": {"loss": -elbo}}],
        standard={"elbo": elbo},
        figures={},
    )


def test_the_spread_is_median_least_and_greatest() -> None:
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


def test_a_band_goes_there_and_back_and_a_single_run_has_none() -> None:
    figure = go.Figure()
    add_band(figure, [1, 2], [3, 4], [2, 3], [4, 5], name="a", colour="#3f90da")
    add_band(figure, [1, 2], [3, 4], [3, 4], [3, 4], name="b", colour="#3f90da")
    band, line, alone = figure.data
    assert list(band.x) == [1, 2, 2, 1]
    assert list(band.y) == [4, 5, 3, 2]
    assert list(line.y) == [3, 4]
    assert alone.name == "b"


def test_rows_of_pictures_keep_their_shape() -> None:
    buffer = io.BytesIO()
    Image.new("L", (30, 10)).save(buffer, format="PNG")
    figure = picture_rows([("first", buffer.getvalue()), ("second", buffer.getvalue())])
    assert [image.sizex for image in figure.layout.images] == [3.0, 3.0]
    assert [image.y for image in figure.layout.images] == [2, 1]
    assert figure.layout.yaxis.ticktext == ("first", "second")
    assert not picture_rows([]).layout.images


# ---- training, in real processes -----------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, StudySettings, Path, Path]:
    root = tmp_path_factory.mktemp("studied")
    study = make_study()
    settings = digits(study)
    place = root / "studies" / "tiny"
    told: list[state.StudyState] = []
    result = run_study(study, settings, place, root, count=2, on_state=told.append)
    assert result.complete
    assert told[-1].state == "done"
    assert told[-1].runs_done == 2
    return study, settings, place, root


@pytest.fixture
def copied(finished: Any, tmp_path: Path) -> tuple[Study, StudySettings, Path, Path]:
    study, settings, place, root = finished
    shutil.copytree(root, tmp_path / "runs")
    return study, settings, tmp_path / "runs" / place.relative_to(root), tmp_path / "runs"


def test_the_folder_holds_table_figures_page_and_records(finished: Any) -> None:
    _, settings, place, root = finished
    with (place / folder.TABLE_FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["latent_dim"] for row in rows] == ["1", "2"]
    for row in rows:
        run = Run(root / row["run"])
        assert run.status().state == "done"
        report = run.evaluation()
        assert report is not None
        assert float(row["neg_elbo"]) == pytest.approx(-report["elbo"], rel=1e-5)
        kept = records.read(place, run.name)
        assert kept is not None
        assert kept.number("twice") == 2 * int(row["latent_dim"])
        epochs, losses = kept.curve()
        assert epochs == [1]
        assert losses == pytest.approx([run.epochs()[0]["test"]["loss"]], rel=1e-5)
        assert Image.open(io.BytesIO(kept.pictures["grey"])).size == (6, 2)
    text = (place / folder.PAGE_FILE).read_text(encoding="utf-8")
    assert "2 runs." in text
    assert command(settings) in text
    assert "**Figure 1** (bars). A bar a setting." in text
    names = {path.name for path in place.iterdir()} - {FIGURES_FILE}
    assert names == {"README.md", "table.csv", "study.json", "records.jsonl"}
    found = state.read(place)
    assert found is not None
    assert (found.state, found.share) == ("done", 1.0)
    assert str(root) not in (place / state.STATE_FILE).read_text(encoding="utf-8")


def test_figures_are_drawn_as_png_where_there_is_a_browser(finished: Any) -> None:
    place = finished[2]
    if not (place / "figures.png").exists():
        pytest.skip("no Chrome or Chromium for kaleido")
    assert Image.open(place / "figures.png").width > 900
    assert "![The figures](figures.png)" in (place / "README.md").read_text(encoding="utf-8")


def test_figures_lie_above_one_another_in_one_picture() -> None:
    drawn = [Image.new("RGB", (400, 100), "red"), Image.new("RGB", (300, 50), "blue")]
    sheet = Image.open(io.BytesIO(folder._stacked(drawn))).convert("RGB")
    first, second = 48 + 50, 48 + 100 + 48 + 25
    assert sheet.size == (400, 2 * 48 + 150)
    assert [sheet.getpixel((350, y)) for y in (first, second)] == [(255, 0, 0), (255, 255, 255)]
    assert sheet.getpixel((100, second)) == (0, 0, 255)
    # Its number stands over each.
    heads = [sheet.crop((0, top, 400, top + 48)).getextrema()[0][0] for top in (0, 148)]
    assert max(heads) < 100


def test_without_a_browser_the_page_says_so(copied: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    study, settings, place, root = copied

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no Chrome")

    monkeypatch.setattr("plotly.io.write_images", fail)
    run_study(study, settings, place, root)
    text = (place / "README.md").read_text(encoding="utf-8")
    assert "could not be drawn as PNG" in text
    assert "![" not in text
    assert not (place / "figures.png").exists()


def test_again_it_trains_and_measures_nothing(copied: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    study, settings, place, root = copied
    monkeypatch.setattr("vae.runs.queue.start", lambda *args: pytest.fail("it trains again"))
    monkeypatch.setattr(records, "_rounded", lambda value: pytest.fail("it measures again"))
    before = (place / folder.TABLE_FILE).read_bytes()
    assert run_study(study, settings, place, root).complete
    assert (place / folder.TABLE_FILE).read_bytes() == before


def test_a_run_of_another_name_serves_as_well(copied: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    study, settings, _, root = copied
    for run in runs.list_runs(root):
        runs.rename(run, f"mine-{run.config.model.latent_dim}")
    monkeypatch.setattr("vae.runs.queue.start", lambda *args: pytest.fail("it trains again"))
    result = run_study(study, settings, root / "studies" / "again", root)
    assert sorted(entry.record.run for entry in result.entries) == ["mine-1", "mine-2"]


def test_another_value_trains_only_what_is_missing(copied: Any) -> None:
    study, _, _, root = copied
    marks = {run.name: records.weights_mark(run) for run in runs.list_runs(root)}
    settings = digits(study, values=(1, 3))
    result = run_study(study, settings, root / "studies" / "more", root)
    assert [arm.label for arm in result.measured_arms()] == ["d = 1", "d = 3"]
    assert len(runs.list_runs(root)) == 3
    assert {name: records.weights_mark(Run(root / name)) for name in marks} == marks


# ---- stopped, failed, refused --------------------------------------------------------------------


def _tasks(root: Path, epochs: int = 1, count: int = 1) -> list[Task]:
    study = make_study()
    found = []
    for k in range(count):
        arm = study.arms(digits(study))[0]
        config = _config(name=f"run{k}", train={"epochs": epochs, "seed": k})
        found.append(Task(arm, k, config, runs.create(config, root)))
    return found


def test_asked_to_stop_it_ends_its_processes_and_can_go_on(tmp_path: Path) -> None:
    tasks = _tasks(tmp_path, epochs=2000, count=2)
    done: list[Task] = []

    def stop_asked() -> bool:
        return all(task.run.epochs() for task in tasks)

    with pytest.raises(Stopped):
        train_all(tasks, 2, lambda found: None, done.append, stop_asked)
    assert not done
    for task in tasks:
        status = task.run.status()
        assert status.state == "cancelled"
        assert 0 < status.epoch < 2000


def test_a_study_that_is_stopped_goes_on_to_the_same_table(tmp_path: Path, finished: Any) -> None:
    study, settings, place, _ = finished
    mine = tmp_path / "studies" / "tiny"

    def stop_soon(now: state.StudyState) -> None:
        if now.runs_done == 1:
            state.ask_to_stop(mine)

    with pytest.raises(Stopped):
        run_study(study, settings, mine, tmp_path, count=1, on_state=stop_soon)
    stopped = state.read(mine)
    assert stopped is not None
    assert stopped.state == "stopped"
    result = run_study(study, settings, mine, tmp_path, count=1)
    assert result.complete
    assert folder.table(result) == (place / folder.TABLE_FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize("usual", [signal.default_int_handler, signal.SIG_IGN])
def test_work_that_asks_nobody_is_broken_off_when_asked_to_stop(usual: Any) -> None:
    before = signal.signal(signal.SIGINT, usual)
    asked = threading.Event()
    threading.Timer(0.2, asked.set).start()
    try:
        with pytest.raises(Stopped), stoppable(asked.is_set):
            time.sleep(LONG_S)
        assert signal.getsignal(signal.SIGINT) is usual
    finally:
        signal.signal(signal.SIGINT, before)
    # Left alone it ends, and another's Ctrl-C stays what it is.
    with stoppable(lambda: False):
        pass
    with pytest.raises(KeyboardInterrupt), stoppable(lambda: False):
        signal.raise_signal(signal.SIGINT)


def test_a_study_is_stopped_while_it_measures(tmp_path: Path, finished: Any) -> None:
    study, settings, _, _ = finished
    mine = tmp_path / "studies" / "tiny"

    def measure(subject: Any, config: RunConfig) -> dict[str, Any]:
        state.ask_to_stop(mine)
        time.sleep(LONG_S)
        return {}

    with pytest.raises(Stopped):
        run_study(replace(study, measure=measure), settings, mine, tmp_path, count=1)
    stopped = state.read(mine)
    assert stopped is not None
    assert stopped.state == "stopped"
    assert not (mine / state.STOP_FILE).exists()


def test_a_run_that_fails_is_left_out_and_named(tmp_path: Path) -> None:
    good, bad = _tasks(tmp_path, count=2)
    (bad.run.directory / "resume.safetensors").write_bytes(b"nonsense")
    done: list[Task] = []
    train_all([bad, good], 1, lambda found: None, done.append, lambda: False)
    assert done == [good]
    assert bad.problem
    assert not good.problem


def test_a_run_that_a_person_stopped_is_not_started_over_and_over(tmp_path: Path) -> None:
    (task,) = _tasks(tmp_path)
    task.run.write_status(Status(state="cancelled", epochs=1))
    started: list[Run] = []
    task.tries = 1
    train_all([task], 1, lambda found: None, lambda task: None, lambda: False)
    assert not started
    assert task.problem == "it was stopped"


def test_images_that_are_not_here_are_named(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    study = make_study()
    with pytest.raises(DataError, match="vae data get mnist"):
        run_study(study, study.settings(), tmp_path / "out", tmp_path)


def test_two_processes_do_not_work_on_one_folder(copied: Any) -> None:
    study, settings, place, root = copied
    from vae.storage import locks

    with locks.hold(place / state.LOCK_FILE) as mine:
        assert mine
        with pytest.raises(RunError, match="running already"):
            run_study(study, settings, place, root)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    study = make_study()
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot write"):
        run_study(study, digits(study), tmp_path / "file" / "out", tmp_path)


def test_a_study_whose_process_died_reads_as_interrupted(tmp_path: Path) -> None:
    settings = digits(make_study())
    assert state.read(tmp_path) is None
    gone = state.StudyState(settings=settings, state="running", pid=1, pid_started=1.0)
    state.write(tmp_path, gone)
    found = state.read(tmp_path)
    assert found is not None
    assert found.state == "interrupted"
    (tmp_path / state.STATE_FILE).write_text("{")
    assert state.read(tmp_path) is None


def test_time_left_counts_what_is_trained_at_once(tmp_path: Path) -> None:
    tasks = _tasks(tmp_path, epochs=10, count=4)
    tasks[0].state, tasks[0].seconds, tasks[0].epochs_done = "done", 2.0, 10.0
    found = headway(tasks, 2)
    # Three runs of ten epochs, two seconds each, two at once; all are of one setting.
    assert found == Headway(4, 1, 40, 10.0, pytest.approx(1.5 * (20.0 + BESIDE_S)))
    assert headway(tasks, 30).seconds_left == pytest.approx(20.0 + BESIDE_S)
    assert headway(_tasks(tmp_path / "other"), 1).seconds_left is None


# ---- the check -----------------------------------------------------------------------------------


def _check(copied: Any) -> folder.Checked:
    study, settings, place, root = copied
    return folder.check(folder.read_result(study, settings, place), root)


def test_a_true_table_passes(copied: Any) -> None:
    assert _check(copied) == (2, 2, [])


def test_without_its_runs_a_table_is_rebuilt_from_the_records(copied: Any) -> None:
    for run in runs.list_runs(copied[3]):
        runs.delete(run)
    assert _check(copied) == (2, 0, [])


def test_a_changed_figure_is_found(copied: Any) -> None:
    path = copied[2] / folder.TABLE_FILE
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(".", ".9", 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    problems = _check(copied).problems
    assert len(problems) == 2
    assert all("table.csv" in problem for problem in problems)


def _change_record(place: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a record in the file, as by hand."""
    path = place / records.FILE
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line["run"] == name:
            change(line)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def _worse(line: dict[str, Any]) -> None:
    line["epochs"][0]["test"]["loss"] += 1.0


def test_a_record_that_is_not_its_runs_is_found(copied: Any) -> None:
    _, _, place, root = copied
    _change_record(place, runs.list_runs(root)[0].name, _worse)
    assert any("not those in its record" in problem for problem in _check(copied).problems)


def test_a_changed_record_is_found_without_its_run(copied: Any) -> None:
    _, _, place, root = copied
    names = [run.name for run in runs.list_runs(root)]
    for name in names:
        runs.delete(Run(root / name))
    # No column of the table shows it.
    _change_record(place, names[0], _worse)
    assert _check(copied) == (2, 0, ["records.jsonl was changed after the study was done."])


def test_other_weights_and_a_missing_record_are_found(copied: Any) -> None:
    _, _, place, root = copied
    one, two = runs.list_runs(root)
    (one.directory / "model.safetensors").write_bytes(b"others")
    path = place / records.FILE
    path.write_text(
        "".join(line for line in path.read_text().splitlines(True) if two.name not in line)
    )
    problems = _check(copied).problems
    assert any("other weights" in problem for problem in problems)
    assert any("1 runs have no record" in problem for problem in problems)


def test_a_missing_figure_and_a_missing_page_are_found(copied: Any) -> None:
    place = copied[2]
    page_file = place / folder.PAGE_FILE
    page_file.write_text("# Bars\n\n![The figures](figures.png)\n", encoding="utf-8")
    (place / "figures.png").unlink(missing_ok=True)
    assert _check(copied).problems == ["README.md shows figures.png, which is missing."]
    page_file.unlink()
    assert _check(copied).problems == ["README.md is missing."]


def test_damaged_records_are_one_sentence_and_are_measured_again(copied: Any) -> None:
    study, settings, place, root = copied
    path = place / records.FILE
    first, second = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{first}\n{second[:100]}\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"cannot be read \(records.jsonl, line 2\): restore them"):
        _check(copied)
    assert folder.read_result(study, settings, place).unread == 1
    assert run_study(study, settings, place, root).complete
    assert _check(copied) == (2, 2, [])
    path.unlink()
    path.mkdir()
    with pytest.raises(RunError, match=r"records.jsonl cannot be read"):
        folder.read_result(study, settings, place)


# ---- records: one file, and what earlier versions wrote ------------------------------------------


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    one = record("a", -0.1).model_copy(update={"pictures": {"grey": bytes(range(256))}})
    two = record("b", -1e-7)
    for kept in (one, two):
        records.write(tmp_path, kept)
    assert records.read_all(tmp_path) == ({"a": one, "b": two}, [])
    before = records.version(tmp_path), records.digest(tmp_path)
    again = one.model_copy(update={"weights": "other"})
    records.write(tmp_path, again)
    assert records.read_all(tmp_path).by_run == {"a": again, "b": two}
    assert len((tmp_path / records.FILE).read_text().splitlines()) == 2
    assert records.version(tmp_path) != before[0]
    assert records.digest(tmp_path) != before[1]
    assert not list(tmp_path.glob(".*"))


def as_earlier_versions_wrote(place: Path) -> None:
    """Give a result folder the layout with a file a run, and a file a figure."""
    for kept in records.read_all(place).by_run.values():
        path = place / records.OLD_FOLDER / f"{kept.run}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(kept.model_dump_json(exclude={"pictures"}, indent=1), encoding="utf-8")
        for what, png in kept.pictures.items():
            path.with_name(f"{kept.run}-{what}.png").write_bytes(png)
    (place / records.FILE).unlink()
    found = json.loads((place / state.STATE_FILE).read_text(encoding="utf-8"))
    del found["records_sha256"]
    (place / state.STATE_FILE).write_text(json.dumps(found), encoding="utf-8")
    for name in ("bars.html", "bars.png", "plotly.min.js"):
        (place / name).write_bytes(b"old")
    (place / "figures.png").unlink(missing_ok=True)
    (place / folder.PAGE_FILE).write_text("![bars](bars.png)\n\nA bar a setting.", encoding="utf-8")


def test_a_folder_of_an_earlier_version_is_read_and_checked(copied: Any) -> None:
    study, settings, place, _ = copied
    before = folder.read_result(study, settings, place)
    as_earlier_versions_wrote(place)
    after = folder.read_result(study, settings, place)
    assert [entry.record for entry in after.entries] == [entry.record for entry in before.entries]
    assert all(entry.record.pictures for entry in after.entries)
    assert _check(copied) == (2, 2, [])
    (place / "bars.png").unlink()
    assert _check(copied).problems == ["README.md shows bars.png, which is missing."]
    next((place / records.OLD_FOLDER).glob("*.json")).write_text("{")
    with pytest.raises(RunError, match=r"cannot be read \(runs/.*\.json\)"):
        _check(copied)


def test_a_study_of_an_earlier_version_goes_on_to_the_same_table(copied: Any) -> None:
    study, settings, place, root = copied
    table = (place / folder.TABLE_FILE).read_bytes()
    as_earlier_versions_wrote(place)
    old = place / records.OLD_FOLDER
    lost = next(old.glob("*.json"))
    lost.unlink()
    assert run_study(study, settings, place, root).complete
    assert (place / folder.TABLE_FILE).read_bytes() == table
    # Only what was missing is measured, and no figure of then stands beside those of now.
    assert next(iter(records.read_all(place).by_run)) == lost.stem
    assert len((place / records.FILE).read_text().splitlines()) == 1
    assert not {"bars.html", "bars.png", "plotly.min.js"} & {path.name for path in place.iterdir()}
    assert _check(copied) == (2, 2, [])


def test_pictures_of_runs_whose_names_begin_alike_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "a-b"):
        kept = record(name, -1.0).model_copy(update={"pictures": {"test": name.encode()}})
        records.write(tmp_path, kept)
    as_earlier = records.read_all(tmp_path).by_run
    state.write(tmp_path, state.StudyState(settings=digits(make_study())))
    as_earlier_versions_wrote(tmp_path)
    assert records.read_all(tmp_path).by_run == as_earlier


def test_no_table_is_a_sentence(copied: Any) -> None:
    (copied[2] / folder.TABLE_FILE).unlink()
    with pytest.raises(RunError, match="start the study to make one"):
        _check(copied)


# ---- the command line ----------------------------------------------------------------------------


def test_the_command_lists_refuses_and_checks(cli: Cli, tmp_path: Path) -> None:
    listed = cli("study", "list", "--json")
    assert listed.code == 0
    assert set(json.loads(listed.out)["studies"]) == set(STUDIES)
    assert cli("study", "nonsense").code == 2
    assert "between commas" in cli("study", "latent-size", "--values", "two").err
    assert "--at-once" in cli("study", "latent-size", "--at-once", "0").err
    empty = cli("study", "latent-size", "--check", "--runs", str(tmp_path))
    assert empty.code == 2
    assert "has no table.csv" in empty.err
